import { isObject, type JsonObject } from "../../graph/json";

/** One block of a stream: an event, or a comment. */
export type Sent =
  { readonly id: number | null; readonly event: string; readonly data: JsonObject } | { readonly comment: string };

export type Stream = {
  readonly status: number;
  readonly headers: Headers;
  /** Every block, until the stream ends. */
  [Symbol.asyncIterator](): AsyncGenerator<Sent>;
  cut(): void;
};

/** Opens an event stream as a browser's EventSource does, but without coming back by itself. */
export async function openStream(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Stream> {
  const controller = new AbortController();
  const response = await fetch(url, {
    headers: { Accept: "text/event-stream", ...headers },
    signal: controller.signal,
  });
  return {
    status: response.status,
    headers: response.headers,
    async *[Symbol.asyncIterator]() {
      let rest = "";
      for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        const blocks = (rest + decode(part)).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const sent = parseBlock(block);
          if (sent) yield sent;
        }
      }
      if (rest !== "") throw new Error(`the stream ended within a block: ${rest}`);
    },
    cut: () => controller.abort(),
  };
}

/** All that is in ASCII here; a part that splits a character would show as a JSON that cannot be parsed. */
function decode(part: Uint8Array): string {
  return Buffer.from(part).toString("latin1");
}

function parseBlock(block: string): Sent | null {
  if (block.startsWith(":")) return { comment: block.slice(1).trim() };
  const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s) as [string, string]));
  const data = fields.get("data");
  if (data === undefined) return null; // `retry:`
  const id = fields.get("id");
  return {
    id: id === undefined ? null : Number(id),
    event: fields.get("event") ?? "message",
    /** Parsed when it is asked for: many clients look at the numbers only. */
    get data() {
      const parsed: unknown = JSON.parse(data);
      if (!isObject(parsed)) throw new Error(`not an object: ${data}`);
      return parsed;
    },
  };
}
