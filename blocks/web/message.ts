import { validateHeaderName, validateHeaderValue } from "node:http";
import { unescape } from "node:querystring";
import { Blob } from "node:buffer";
import { FormData } from "undici";
import type { Json, JsonObject } from "../../graph/json";
import type { BlockContext, Inputs } from "../block";
import type { OpenFile } from "../files/open";
import { invalid, kindOf, readBoolean, readChoice, readList, readObject, readText } from "../inputs";
import { dump } from "../texts";
import { methods } from "./definition";

/** A request that is ready to be sent. Header names are in lower case. */
export type Message = {
  readonly url: URL;
  readonly method: (typeof methods)[number];
  readonly headers: { readonly [name: string]: string };
  readonly body: string | FormData | null;
  /** Names of headers that are for the first origin alone, whatever they are called. */
  readonly secretHeaders?: readonly string[];
  /** Whether it may be sent again where nobody knows what has become of it. */
  readonly repeatable?: boolean;
};

/** A GET without more. */
export function getMessage(url: URL, accept: string): Message {
  return { url, method: "GET", headers: { "user-agent": "treeline", accept }, body: null, repeatable: true };
}

/** Throws `BlockFailure` `invalid_input`; its messages never hold what an input holds. */
export async function readMessage(inputs: Inputs, openFile: OpenFile, context: BlockContext): Promise<Message> {
  const url = parseUrl(readText(inputs, "url"));
  const content = await readContent(inputs, (file, pin) => openFile(file, pin, context));
  const headers = {
    "user-agent": "treeline",
    ...content.headers,
    ...credentialsOf(url),
    ...readHeaders(readObject(inputs, "headers", {})),
  };
  return { url, method: readChoice(inputs, "method", methods, "POST"), headers, body: content.body };
}

/** What changes something says which request it is, so that a service can take a repeated attempt for one; a header that is given wins. */
export function withKey(message: Message, key: string): Message {
  if (["GET", "HEAD", "OPTIONS"].includes(message.method)) return message;
  return { ...message, headers: { "idempotency-key": key, ...message.headers } };
}

/** http and https only. */
export function parseUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw invalid("url must be an address that begins with http:// or https://");
}

/** What `user:password@` in a URL means. It is taken out, so that it stands in no message. */
function credentialsOf(url: URL): { authorization?: string } {
  const { username, password } = url;
  url.username = url.password = "";
  if (username === "" && password === "") return {};
  const [user, secret] = [username, password].map(unescape);
  return { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}` };
}

function readHeaders(headers: JsonObject): { [name: string]: string } {
  const given = Object.entries(headers).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), headerValue(name, value)]));
}

function headerValue(name: string, value: Json): string {
  if (typeof value === "object") throw invalid(`header ${name} must be a text, not ${kindOf(value)}`);
  try {
    validateHeaderName(name);
    validateHeaderValue(name, String(value));
  } catch {
    throw invalid(`header ${name} has characters that cannot be sent`);
  }
  return String(value);
}

type Content = { readonly body: Message["body"]; readonly headers: { readonly [name: string]: string } };

type Open = (file: Json, pin: string) => ReturnType<OpenFile>;

async function readContent(inputs: Inputs, open: Open): Promise<Content> {
  const files = readList(inputs, "files", []);
  const body = inputs["body"] ?? null;
  if (files.length > 0) {
    const form = formOf(formFields(body));
    for (const [i, file] of files.entries()) {
      const { bytes, contentType } = await open(file, `file ${i}`);
      form.append(readText(inputs, "files_name", "file"), new Blob([bytes], { type: contentType }), `file-${i + 1}`);
    }
    return { body: form, headers: {} };
  }
  if (body === null) return { body: null, headers: {} };
  if (readBoolean(inputs, "json_format", true)) {
    return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  }
  const form = new URLSearchParams(formFields(body)).toString();
  return { body: form, headers: { "content-type": "application/x-www-form-urlencoded" } };
}

/** A list gives a field for each of its items; null gives none. */
function formFields(body: Json): [string, string][] {
  const fields = body === null ? {} : readObject({ body }, "body");
  return Object.entries(fields).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((item) => item !== null)
      .map((item): [string, string] => [name, typeof item === "string" ? item : dump(item)]),
  );
}

function formOf(fields: readonly [string, string][]): FormData {
  const form = new FormData();
  for (const [field, value] of fields) form.append(field, value);
  return form;
}
