import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Express } from "express";
import pino from "pino";
import { Registry } from "prom-client";
import { createApp } from "../../api/app";
import type { AppDeps } from "../../api/deps";
import { createEndedListener } from "../../api/ended";
import { createLiveEvents, type StreamTimes } from "../../api/live-events";
import { catalog } from "../../blocks/catalog";
import { connect, type Database } from "../../db/client";
import { noLimit } from "../../db/places";
import { isObject, type JsonObject } from "../../graph/json";
import { testDatabase } from "./database";
import { createRunner } from "./run";

export type Answered = { readonly status: number; readonly headers: Headers; readonly body: JsonObject };

const mebibyte = 1024 * 1024;
export const testSizes = { maxBodyBytes: mebibyte, maxValueBytes: mebibyte, maxFileBytes: mebibyte };

type Changes = Partial<AppDeps> & { readonly carryOut?: boolean; readonly streamTimes?: StreamTimes };

export type TestApp = {
  readonly url: string;
  readonly express: Express;
  readonly databaseUrl: string;
  readonly db: Database;
  /** Executions that were handed to Temporal, and stops to follow: there is no Temporal here. */
  readonly started: string[];
  readonly followed: string[];
  /** Moves a started execution on, as far as that goes without Temporal. */
  readonly run: (executionId: string) => Promise<void>;
  get(path: string, headers?: Record<string, string>): Promise<Answered>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>;
  delete(path: string, headers?: Record<string, string>): Promise<Answered>;
  /** Lets requests that wait answer, as a stopping process does. */
  stopWaiting(): void;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * The API over HTTP on a database of its own, with a dispatcher that only takes notes; with `carryOut` it also moves each
 * execution on at once.
 */
export async function testApp({ carryOut = false, streamTimes, ...changes }: Changes = {}): Promise<TestApp> {
  const { url: databaseUrl } = await testDatabase();
  const db = connect(databaseUrl, { max: 5 });
  const stopDb = connect(databaseUrl, { max: 1 });
  const ended = await createEndedListener(db, databaseUrl);
  const log = pino({ level: "silent" });
  const events = await createLiveEvents(db, databaseUrl, log, streamTimes);
  const stopping = new AbortController();
  const started: string[] = [];
  const followed: string[] = [];
  const run = createRunner(db);
  const app = createApp({
    db,
    stopDb,
    catalog,
    places: noLimit,
    dispatcher: {
      async startNow(id) {
        started.push(id);
        if (carryOut) await run(id);
      },
      followStop: (id) => void followed.push(id),
    },
    ended,
    events,
    checkReadiness: () => Promise.resolve([]),
    config: { ...testSizes, temporalNamespace: "default", maxima: {} },
    uiUrl: "http://temporal.test:8233",
    metrics: new Registry(),
    log,
    stopping: stopping.signal,
    ...changes,
  });
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    express: app,
    databaseUrl,
    db,
    started,
    followed,
    run,
    get: (path, headers = {}) => ask(`${url}${path}`, { headers }),
    post: (path, body, headers = {}) =>
      ask(`${url}${path}`, {
        method: "POST",
        ...(body === undefined
          ? { headers }
          : { headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) }),
      }),
    delete: (path, headers = {}) => ask(`${url}${path}`, { method: "DELETE", headers }),
    stopWaiting: () => stopping.abort(),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await ended.close();
      await events.close();
      await Promise.all([db.close(), stopDb.close()]);
    },
  };
}

async function ask(url: string, init: RequestInit): Promise<Answered> {
  const response = await fetch(url, init);
  const text = await response.text();
  const body: unknown = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : { text };
  if (!isObject(body)) throw new Error(`not an object: ${text.slice(0, 200)}`);
  return { status: response.status, headers: response.headers, body };
}
