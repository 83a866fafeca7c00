import { any, boolean, define, emitted, integer, list, object, oneOf, optional, pins, required, text } from "../pins";

export const methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"] as const;

const messagePins = {
  url: required(text, "Where to send it: http or https."),
  method: optional(oneOf(...methods), "POST", "The method."),
  headers: optional(object, {}, "The headers, by name."),
  json_format: optional(boolean, true, "Send the body as JSON; false: as a form."),
  body: optional({ type: ["object", "null"] }, null, "The body; null: none."),
  files_name: optional(text, "file", "The name of the form's field for the files."),
  files: optional(list, [], "Files to send as a multipart form: URLs, data URIs, references."),
};

const answerPins = {
  response: emitted(any, "The body of an answer 2xx, parsed if it is JSON."),
  client_error: emitted(any, "The body of an answer 4xx."),
  server_error: emitted(any, "The body of any other answer."),
};

export const sendWebRequest = define({
  id: "6595ae1f-b924-42cb-9a41-551a0611c4b4",
  name: "SendWebRequest",
  description: "Sends one HTTP request; addresses that are not public are refused.",
  placement: "remote",
  sensitive: true,
  inputSchema: pins(messagePins),
  outputSchema: pins(answerPins),
});

export const sendAuthenticatedWebRequest = define({
  id: "fff86bcd-e001-4bad-a7f6-2eae4720c8dc",
  name: "SendAuthenticatedWebRequest",
  description: "Sends one HTTP request with the headers of a credential for its host.",
  placement: "remote",
  sensitive: true,
  inputSchema: pins({ ...messagePins, credentials: required(object, "A reference to a credential of the host.") }),
  outputSchema: pins(answerPins),
});

export const getWikipediaSummary = define({
  id: "f5b0f5d0-1862-4d61-94be-3ad0fa772760",
  name: "GetWikipediaSummary",
  description: "Emits the summary of a page of the English Wikipedia.",
  placement: "remote",
  inputSchema: pins({ topic: required(text, "The page's title.") }),
  outputSchema: pins({ summary: emitted(text, "The summary.") }),
});

export const readRssFeed = define({
  id: "5ebe6768-8e5d-41e3-9134-1c7bd89a8d52",
  name: "ReadRSSFeed",
  description: "Reads a feed (RSS or Atom) once: each new entry, then all of them.",
  placement: "remote",
  inputSchema: pins({
    rss_url: required(text, "The feed's address."),
    time_period: optional(integer, 1440, "How many minutes back an entry is new."),
    polling_rate: required(integer, "Seconds between two polls; accepted and not used."),
    run_continuously: optional(boolean, true, "Accepted and not used: a run of the node reads the feed once."),
  }),
  outputSchema: pins({
    entry: emitted(object, "Each entry: title, link, description, pub_date, author, categories."),
    entries: emitted(list, "All of them."),
  }),
});
