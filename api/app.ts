import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { uuidv7 } from "uuidv7";
import { TreelineError } from "../graph/errors";
import { parseJson, takeBytes } from "./body";
import { callerOf } from "./caller";
import type { AppDeps } from "./deps";
import { graphFactsReader, newestVersions } from "./graph-facts";
import { carryOnce } from "./idempotency";
import { measureRequests } from "./metrics";
import { sendProblem, toTreelineError } from "./problem";
import type { Answer, Route, Streamed } from "./route";
import { blockRoutes } from "./routes/blocks";
import { detailRoutes } from "./routes/details";
import { documentRoute } from "./routes/document";
import { eventRoutes } from "./routes/events";
import { executionRoutes } from "./routes/executions";
import { fileRoutes } from "./routes/files";
import { graphRoutes } from "./routes/graphs";
import { holdRoutes } from "./routes/holds";
import { processRoutes } from "./routes/process";
import { rerunRoutes } from "./routes/reruns";
import { reviewRoutes } from "./routes/reviews";
import { stopRoutes } from "./routes/stops";

/** Every call of the API. */
function createRoutes(deps: AppDeps): Route[] {
  const { db, catalog, uiUrl, config } = deps;
  const shared = {
    ...deps,
    readFacts: graphFactsReader(db, catalog),
    newest: newestVersions(db),
    maxima: config.maxima,
    maxValueBytes: config.maxValueBytes,
    outputBlocks: [...catalog.values()].filter(({ role }) => role === "output").map(({ id }) => id),
    linkTo: (id: string) =>
      uiUrl && `${uiUrl.replace(/\/$/, "")}/namespaces/${encodeURIComponent(config.temporalNamespace)}/workflows/${id}`,
  };
  const routes = [
    ...blockRoutes(shared),
    ...graphRoutes(shared),
    ...executionRoutes(shared),
    ...detailRoutes(shared),
    ...eventRoutes(shared),
    ...fileRoutes(shared),
    ...stopRoutes(shared),
    ...holdRoutes(shared),
    ...rerunRoutes(shared),
    ...reviewRoutes(shared),
    ...processRoutes(shared),
  ];
  return [...routes, documentRoute(routes)];
}

/** The HTTP API over its dependencies; nothing is started. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag");
  app.use(measureRequests(deps.metrics));
  app.use((_request, response, next) => {
    response.set("Cache-Control", "no-store");
    next();
  });
  app.use("/v1/files", takeBytes(deps.config.maxFileBytes));
  app.use(parseJson(deps.config.maxBodyBytes));
  const carry = carrier(deps);
  for (const route of createRoutes(deps)) {
    app[route.method](route.path.replaceAll(/\{(\w+)\}/g, ":$1"), async (request, response) => {
      const { status, headers, body } = await carry(route, request, response);
      response.status(status).set({ ...headers });
      if (deps.stopping.aborted) response.set("Connection", "close");
      if (isStreamed(body) && request.method !== "HEAD") await body(response);
      else if (body === undefined || isStreamed(body)) response.end();
      else if (typeof body === "string" || Buffer.isBuffer(body)) response.send(body);
      else response.json(body);
    });
  }
  app.use((request) => {
    throw new TreelineError("not_found", `there is no ${request.method} ${request.path}`);
  });
  app.use((thrown: unknown, request: Request, response: Response, next: NextFunction) => {
    const error = toTreelineError(thrown);
    if (error.code === "internal") deps.log.error({ err: thrown, method: request.method, path: request.path }, "fault");
    if (response.headersSent) next(thrown);
    else sendProblem(response, error, request.path);
  });
  return app;
}

function isStreamed(body: unknown): body is Streamed {
  return typeof body === "function";
}

/** Runs a route's handler, with a signal that fires when its client goes away or the process stops. */
function carrier({ db, stopping }: AppDeps): (route: Route, request: Request, response: Response) => Promise<Answer> {
  const open = new Set<AbortController>();
  stopping.addEventListener("abort", () => open.forEach((controller) => controller.abort()), { once: true });
  return async (route, request, response) => {
    const caller = callerOf(request);
    if (route.body && !route.bodyOptional && request.body === undefined) {
      const kind = route.bodyType ?? "JSON with the content type application/json";
      throw new TreelineError("invalid_request", `there has to be a body, ${kind}`);
    }
    const controller = new AbortController();
    open.add(controller);
    response.on("close", () => {
      controller.abort();
      open.delete(controller);
    });
    if (stopping.aborted) controller.abort();
    const raw = {
      id: typeof request.params["id"] === "string" ? request.params["id"] : "",
      query: new URL(request.url, "http://host").searchParams,
      body: request.body === undefined && route.bodyOptional ? {} : (request.body as unknown),
      caller,
      header: (name: string) => request.get(name),
      signal: controller.signal,
    };
    const key = route.idempotent ? request.get("Idempotency-Key") : undefined;
    if (key === undefined) return await route.run({ ...raw, mint: uuidv7, triedBefore: false });
    const use = { ownerId: caller.ownerId, route: `${route.method} ${route.path}`, key };
    const content = JSON.stringify([request.path, raw.body ?? null]);
    return await carryOnce(db, use, content, (mint, triedBefore) => route.run({ ...raw, mint, triedBefore }));
  };
}
