import type { RequestHandler } from "express";
import { Histogram, type Registry } from "prom-client";

/** Up to the longest `?wait=`. */
const buckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 120];

/** Measures every request by method, route (never the path: it holds ids) and status. */
export function measureRequests(registry: Registry): RequestHandler {
  const seconds = new Histogram({
    name: "treeline_http_request_seconds",
    help: "Time until the answer was sent",
    labelNames: ["method", "route", "status"] as const,
    buckets,
    registers: [registry],
  });
  return (request, response, next) => {
    const stop = seconds.startTimer();
    response.on("close", () => {
      const route: unknown = request.route?.path;
      const status = response.writableFinished ? String(response.statusCode) : "aborted";
      stop({ method: request.method, route: typeof route === "string" ? route : "none", status });
    });
    next();
  };
}
