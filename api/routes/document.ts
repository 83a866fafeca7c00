import { z } from "zod";
import { describeRoutes } from "../openapi";
import { route, type Route } from "../route";

/** The document of the given routes, and of itself. */
export function documentRoute(routes: readonly Route[]): Route {
  const self: Route = route({
    method: "get",
    path: "/v1/openapi.json",
    name: "getDocument",
    summary: "This document, OpenAPI 3.1",
    answers: { 200: { description: "The document.", schema: z.looseObject({ openapi: z.string() }) } },
    errors: [],
    handle: () => Promise.resolve({ status: 200, body: document }),
  });
  const document = describeRoutes([...routes, self]);
  return self;
}
