import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { Models } from "../../blocks/block";

/** What the server saw of one request. */
export type Asked = {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: unknown }[];
    readonly tools?: readonly { readonly function: { readonly name: string; readonly parameters: unknown } }[];
    readonly [option: string]: unknown;
  };
};

type Call = { readonly name: string; readonly arguments: unknown };

/** One answer: words that are streamed, calls of tools, a failure, or silence after what was said. */
export type Reply =
  | { readonly text: string; readonly after?: "end" | "stall" | "cut" }
  | { readonly calls: readonly Call[] }
  | { readonly status: number; readonly message: string };

/**
 * A server with OpenAI's chat API: it streams, counts a token for each word, fails and stalls as it is told. `reply` is asked
 * for each request; a list is answered from in its order, the last one again and again.
 */
export async function startModelServer(reply: readonly Reply[] | ((asked: Asked, n: number) => Reply)) {
  const asked: Asked[] = [];
  let waiting: (() => void)[] = [];
  let closed = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    response.on("close", () => {
      if (!response.writableEnded) closed += 1;
      for (const look of waiting.splice(0)) look();
    });
    const body = (await json(request)) as Asked["body"];
    const one = { url: request.url ?? "", authorization: request.headers.authorization, body };
    const n = asked.push(one) - 1;
    const chosen = typeof reply === "function" ? reply(one, n) : (reply[Math.min(n, reply.length - 1)] as Reply);
    send(response, one, chosen);
    for (const look of waiting.splice(0)) look();
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    asked,
    models: { baseUrl, apiKey: "sk-of-the-worker", model: "small", known: ["small", "large"] } satisfies Models,
    /** Requests whose client went away before the end of the answer. */
    closed: () => closed,
    /** Resolves when `holds` does; it is asked after each request and each connection that closes. */
    async until(holds: () => boolean): Promise<void> {
      while (!holds()) await new Promise<void>((resolve) => (waiting = [...waiting, resolve]));
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, { body }: Asked, reply: Reply): void {
  if ("status" in reply) {
    response.writeHead(reply.status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message: reply.message, type: "test" } }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const common = { id: "c", object: "chat.completion.chunk", created: 1, model: body.model };
  const chunk = (choice: object, more: object = {}) =>
    response.write(`data: ${JSON.stringify({ ...common, choices: [{ index: 0, ...choice }], ...more })}\n\n`);
  const words = "text" in reply ? reply.text.split(/(?<= )/) : [];
  for (const content of words) chunk({ delta: { role: "assistant", content } });
  if ("text" in reply && reply.after === "stall") return;
  if ("text" in reply && reply.after === "cut") return void response.destroy();
  if ("calls" in reply) {
    const tool_calls = reply.calls.map((call, index) => ({
      ...{ index, id: `call-${index + 1}`, type: "function" },
      function: { name: call.name, arguments: JSON.stringify(call.arguments) },
    }));
    chunk({ delta: { role: "assistant", tool_calls } });
  }
  chunk({ delta: {}, finish_reason: "calls" in reply ? "tool_calls" : "stop" });
  const prompt = body.messages.map(({ content }) => String(content ?? "").split(/\s+/).length);
  const usage = { prompt_tokens: prompt.reduce((sum, n) => sum + n, 0), completion_tokens: words.length };
  response.write(`data: ${JSON.stringify({ ...common, choices: [], usage })}\n\ndata: [DONE]\n\n`);
  response.end();
}
