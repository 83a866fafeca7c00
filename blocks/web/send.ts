import { lookup } from "node:dns";
import { Agent } from "undici";
import { isObject } from "../../graph/json";
import { BlockFailure, isBlockFailure } from "../block";
import type { BlockContext } from "../block";
import { refusalOf } from "./address";
import { decode, exchange } from "./exchange";
import type { Answer, Received } from "./exchange";
import { guardedConnector } from "./guard";
import type { Guard } from "./guard";
import type { Message } from "./message";

const connectMs = 10_000;

/** Connections are not capped, per host or in all: a worker runs 1,000 of these at once. Idle ones keep no process alive. */
const agentOptions = { connections: null, headersTimeout: 300_000, bodyTimeout: 300_000 };

/** Longest answer that becomes a value. */
const longestAnswer = 16 * 1024 * 1024;

export type Send = (message: Message, context: BlockContext) => Promise<Answer>;
export type Download = (message: Message, context: BlockContext, maxBytes: number) => Promise<Received>;

const publicGuard: Guard = { lookup, refusalOf };

/**
 * Sends messages, to public addresses alone unless the worker allows others. Throws the signal's reason, or a `BlockFailure`:
 * a `request_failed` of a message that may be repeated is retryable.
 */
export function createSend(guard: Guard = publicGuard): Send {
  const download = createDownload(guard);
  return async (message, context) => {
    const received = await download(message, context, longestAnswer);
    return { status: received.status, text: decode(received) };
  };
}

/** As `createSend`, for bytes. */
export function createDownload(guard: Guard = publicGuard): Download {
  const guarded = new Agent({ ...agentOptions, connect: guardedConnector(guard, connectMs) });
  const open = new Agent({ ...agentOptions, connect: { timeout: connectMs } });
  return async (message, { signal, allowPrivateAddresses }, maxBytes) => {
    try {
      return await exchange(message, allowPrivateAddresses ? open : guarded, signal, maxBytes);
    } catch (error) {
      signal.throwIfAborted();
      if (isBlockFailure(error)) throw error;
      const what = `the request to ${message.url.origin} failed: ${codeOf(error)}`;
      throw new BlockFailure("request_failed", what, { retryable: message.repeatable ?? false });
    }
  };
}

/** A code such as ECONNREFUSED. Messages are left out: those of undici may show headers and URLs. */
function codeOf(error: unknown): string {
  return isObject(error) && typeof error["code"] === "string" ? error["code"] : "no code";
}
