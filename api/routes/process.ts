import { z } from "zod";
import { TreelineError } from "../../graph/errors";
import type { AppDeps } from "../deps";
import { route, type Answer, type Route } from "../route";

const ready = z.strictObject({ status: z.literal("ready"), checks: z.array(z.strictObject({ name: z.string() })) });

/** What a supervisor asks: is it alive, may it get requests. */
export function processRoutes({ checkReadiness, metrics }: Pick<AppDeps, "checkReadiness" | "metrics">): Route[] {
  return [
    route({
      method: "get",
      path: "/healthz",
      name: "getHealth",
      summary: "Whether the process lives",
      answers: { 200: { description: "It does.", schema: z.strictObject({ status: z.literal("live") }) } },
      errors: [],
      handle: () => Promise.resolve({ status: 200, body: { status: "live" } }),
    }),

    route({
      method: "get",
      path: "/readyz",
      name: "getReadiness",
      summary: "Whether Postgres is migrated, Temporal reachable and a worker there",
      answers: { 200: { description: "All is there.", schema: ready } },
      errors: ["database_unavailable", "temporal_unavailable"],
      async handle(): Promise<Answer> {
        const checks = await checkReadiness();
        const faults = checks.flatMap(({ name, missing }) =>
          missing === null ? [] : [{ pointer: `/${name}`, detail: missing }],
        );
        if (faults.length > 0) {
          const code = faults[0]?.pointer === "/postgres" ? "database_unavailable" : "temporal_unavailable";
          throw new TreelineError(code, faults.map(({ detail }) => detail).join("; "), faults);
        }
        return { status: 200, body: { status: "ready", checks: checks.map(({ name }) => ({ name })) } };
      },
    }),

    route({
      method: "get",
      path: "/metrics",
      name: "getMetrics",
      summary: "Metrics for Prometheus",
      answers: { 200: { description: "The text exposition format.", schema: z.string(), type: "text/plain" } },
      errors: [],
      handle: async () => ({
        status: 200,
        headers: { "Content-Type": metrics.contentType },
        body: await metrics.metrics(),
      }),
    }),
  ];
}
