import { lookup } from "node:dns";
import { Agent } from "undici";
import { isObject } from "../../graph/json";
import { BlockFailure, isBlockFailure } from "../block";
import type { Block, RemoteBlock } from "../block";
import { parseJson } from "../convert";
import { refusalOf } from "./address";
import { sendWebRequest as definition } from "./definition";
import { exchange } from "./exchange";
import type { Answer } from "./exchange";
import { guardedConnector } from "./guard";
import type { Guard } from "./guard";
import { readMessage } from "./message";

const connectMs = 10_000;

/** Connections are not capped, per host or in all: a worker runs 1,000 of these at once. Idle ones keep no process alive. */
const agentOptions = { connections: null, headersTimeout: 300_000, bodyTimeout: 300_000 };

/** One attempt: what fails in between may have been carried out on the other side. */
export function sendWebRequest(guard: Guard = { lookup, refusalOf }): RemoteBlock {
  const guarded = new Agent({ ...agentOptions, connect: guardedConnector(guard, connectMs) });
  const open = new Agent({ ...agentOptions, connect: { timeout: connectMs } });
  return {
    definition,
    attempts: 1,
    run: async (inputs, { signal, allowPrivateAddresses }) => {
      const message = await readMessage(inputs);
      try {
        const answer = await exchange(message, allowPrivateAddresses ? open : guarded, signal);
        const parsed = parseJson(answer.text);
        return [{ pin: pinOf(answer), value: parsed === undefined ? answer.text : parsed }];
      } catch (error) {
        signal.throwIfAborted();
        if (isBlockFailure(error)) throw error;
        throw new BlockFailure("request_failed", `the request to ${message.url.origin} failed: ${codeOf(error)}`);
      }
    },
  };
}

function pinOf({ status }: Answer): string {
  if (status >= 200 && status < 300) return "response";
  return status >= 400 && status < 500 ? "client_error" : "server_error";
}

/** A code such as ECONNREFUSED. Messages are left out: those of undici may show headers and URLs. */
function codeOf(error: unknown): string {
  return isObject(error) && typeof error["code"] === "string" ? error["code"] : "no code";
}

export function webBlocks(): readonly Block[] {
  return [sendWebRequest()];
}
