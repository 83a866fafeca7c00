import type { Emission } from "../../graph/definition";
import type { Block, RemoteBlock } from "../block";
import { parseJson } from "../convert";
import { createOpenFile } from "../files/open";
import type { OpenFile } from "../files/open";
import { invalid } from "../inputs";
import * as definitions from "./definition";
import type { Answer } from "./exchange";
import type { Guard } from "./guard";
import { readMessage, withKey } from "./message";
import type { Message } from "./message";
import { readRssFeed } from "./feed";
import { createDownload, createSend } from "./send";
import type { Send } from "./send";
import { getWikipediaSummary } from "./wikipedia";

/** One attempt: what fails in between may have been carried out on the other side. */
export function sendWebRequest(
  guard?: Guard,
  send: Send = createSend(guard),
  openFile: OpenFile = createOpenFile(createDownload(guard)),
): RemoteBlock {
  return {
    definition: definitions.sendWebRequest,
    attempts: 1,
    run: async (inputs, context) => {
      const message = withKey(await readMessage(inputs, openFile, context), context.idempotencyKey);
      return emissionsOf(await send(message, context));
    },
  };
}

/** The same, with the headers of a host's credential; they win over those of the inputs. */
function sendAuthenticatedWebRequest(send: Send, openFile: OpenFile): RemoteBlock {
  return {
    definition: definitions.sendAuthenticatedWebRequest,
    attempts: 1,
    run: async (inputs, context) => {
      const credential = context.credential(inputs["credentials"] ?? null);
      if (credential.type !== "host_scoped") throw invalid("credentials must name one of the type host_scoped");
      const message = withKey(await readMessage(inputs, openFile, context), context.idempotencyKey);
      if (!isFor(message.url, credential.host))
        throw invalid(`credentials are for ${credential.host}, not for this url`);
      const secret = Object.entries(credential.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
      const headers = { ...message.headers, ...Object.fromEntries(secret) };
      const authenticated: Message = { ...message, headers, secretHeaders: secret.map(([name]) => name) };
      return emissionsOf(await send(authenticated, context));
    },
  };
}

/** "api.example.com", with a port if the credential names one; "*.example.com" is every host below it. */
function isFor({ host, hostname }: URL, scope: string): boolean {
  const wanted = scope.toLowerCase();
  return wanted.startsWith("*.") ? hostname.endsWith(wanted.slice(1)) : wanted === host || wanted === hostname;
}

function emissionsOf(answer: Answer): Emission[] {
  const parsed = parseJson(answer.text);
  return [{ pin: pinOf(answer), value: parsed === undefined ? answer.text : parsed }];
}

function pinOf({ status }: Answer): string {
  if (status >= 200 && status < 300) return "response";
  return status >= 400 && status < 500 ? "client_error" : "server_error";
}

export function webBlocks(openFile: OpenFile): readonly Block[] {
  const send = createSend();
  return [
    sendWebRequest(undefined, send, openFile),
    sendAuthenticatedWebRequest(send, openFile),
    getWikipediaSummary(send),
    readRssFeed(send),
  ];
}
