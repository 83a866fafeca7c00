import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { request } from "undici";
import type { Dispatcher } from "undici";
import { isObject } from "../../graph/json";
import { BlockFailure } from "../block";
import { parseUrl } from "./message";
import type { Message } from "./message";

const maxRedirects = 10;

/** An answer whose body is as it came, but unpacked. */
export type Received = { readonly status: number; readonly bytes: Buffer; readonly contentType: string };
export type Answer = { readonly status: number; readonly text: string };

/**
 * Sends a message, once, and follows up to 10 redirects; each is a new connection through the same dispatcher, and so through
 * its guard. At most `maxBytes` of answer, unpacked. Throws `BlockFailure`, and what undici and the signal throw.
 */
export async function exchange(
  message: Message,
  dispatcher: Dispatcher,
  signal: AbortSignal,
  maxBytes: number,
): Promise<Received> {
  let next = message;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const { url, method, headers, body } = next;
    const response = await request(url, { method, headers, body, dispatcher, signal });
    const location = response.headers["location"];
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || typeof location !== "string") {
      return { status: response.statusCode, ...(await readAnswer(response, maxBytes)) };
    }
    await response.body.dump();
    next = redirected(next, response.statusCode, location);
  }
  throw new BlockFailure("too_many_redirects", `${message.url.origin} redirected more than ${maxRedirects} times`);
}

/** As browsers do: 303, and a POST after 301 and 302, become a GET without body. */
function redirected(message: Message, status: number, location: string): Message {
  const url = parseUrl(location, message.url);
  url.username = url.password = "";
  const becomesGet = (status === 303 && message.method !== "HEAD") || (status < 303 && message.method === "POST");
  const kept = Object.entries(message.headers).filter(
    ([name]) =>
      !(becomesGet && /^(content-|transfer-encoding$)/.test(name)) &&
      (url.origin === message.url.origin || !(isPrivate(name) || message.secretHeaders?.includes(name))),
  );
  const headers = Object.fromEntries(kept);
  return becomesGet ? { url, headers, method: "GET", body: null } : { ...message, url, headers };
}

/** Headers for the first origin's eyes: credentials under any usual name, and `host`. */
function isPrivate(header: string): boolean {
  return header === "host" || /auth|cookie|key|token|secret|password|session|signature/.test(header);
}

const decoders = new Map([
  ["gzip", promisify(gunzip)],
  ["x-gzip", promisify(gunzip)],
  ["br", promisify(brotliDecompress)],
  ["deflate", promisify(inflate)],
]);

async function readAnswer(
  { body, headers }: Dispatcher.ResponseData,
  maxBytes: number,
): Promise<Omit<Received, "status">> {
  const encoding = String(headers["content-encoding"] ?? "identity").toLowerCase();
  const bytes = await collect(body, maxBytes);
  // The answer to a HEAD names an encoding too, but there is nothing to decode.
  const unpacked = encoding === "identity" || bytes.length === 0 ? bytes : await unpack(bytes, encoding, maxBytes);
  return { bytes: unpacked, contentType: String(headers["content-type"] ?? "") };
}

async function collect(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function unpack(bytes: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const decoder = decoders.get(encoding);
  if (!decoder) throw new BlockFailure("answer_unreadable", "the answer has a content-encoding that is not known here");
  try {
    return await decoder(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    throw isObject(error) && error["code"] === "ERR_BUFFER_TOO_LARGE" ? tooLarge(maxBytes) : error;
  }
}

function tooLarge(maxBytes: number): BlockFailure {
  return new BlockFailure("answer_too_large", `the answer is over ${maxBytes / 1024 / 1024} MiB`);
}

/** The body as a text, by the charset that it names. */
export function decode({ bytes, contentType }: Pick<Received, "bytes" | "contentType">): string {
  const charset = /charset="?([^\s;"]+)/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes); // a charset nobody knows
  }
}
