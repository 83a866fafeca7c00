import { any, boolean, define, emitted, list, object, oneOf, optional, pins, required, text } from "../pins";

export const methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"] as const;

export const sendWebRequest = define({
  id: "6595ae1f-b924-42cb-9a41-551a0611c4b4",
  name: "SendWebRequest",
  description: "Sends one HTTP request; addresses that are not public are refused.",
  placement: "remote",
  inputSchema: pins({
    url: required(text, "Where to send it: http or https."),
    method: optional(oneOf(...methods), "POST", "The method."),
    headers: optional(object, {}, "The headers, by name."),
    json_format: optional(boolean, true, "Send the body as JSON; false: as a form."),
    body: optional({ type: ["object", "null"] }, null, "The body; null: none."),
    files_name: optional(text, "file", "The name of the form's field for the files."),
    files: optional(list, [], "Files to send as a multipart form, as data URIs."),
  }),
  outputSchema: pins({
    response: emitted(any, "The body of an answer 2xx, parsed if it is JSON."),
    client_error: emitted(any, "The body of an answer 4xx."),
    server_error: emitted(any, "The body of any other answer."),
  }),
});
