import { z } from "zod";
import { errorTable } from "../graph/errors";
import { problem } from "./problem";
import type { Route } from "./route";

type Json = Record<string, unknown>;

/** Errors that any call may answer. */
const anyCall = ["invalid_request", "internal", "database_unavailable"] as const;

const callerHeaders = [
  header("X-Treeline-Owner", "Whose rows the call is about; `local` unless said."),
  header("X-Treeline-Actor", "Who asks, for the record; `local` unless said."),
];
const keyHeader = header("Idempotency-Key", "A repeat with the same key and body gets the first answer, for 24 hours.");

/** The OpenAPI 3.1 document of the routes, from the schemas that they parse with. */
export function describeRoutes(routes: readonly Route[]): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Treeline", version: "1", description: "A durable backend for user-made agent graphs." },
    paths,
    components: { schemas },
  };
}

function operation(route: Route, schemas: Json): Json {
  const { body, query, answers } = route;
  return {
    operationId: route.name,
    summary: route.summary,
    parameters: [
      ...(route.path.includes("{id}") ? [{ name: "id", in: "path", required: true, schema: { type: "string" } }] : []),
      ...(query ? queryParameters(query) : []),
      ...callerHeaders,
      ...Object.entries(route.headers ?? {}).map(([name, description]) => header(name, description)),
      ...(route.idempotent ? [keyHeader] : []),
    ],
    ...(body
      ? {
          requestBody: {
            required: !route.bodyOptional,
            content: { [route.bodyType ?? "application/json"]: { schema: schemaOf(body, "input", schemas) } },
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, facts]) => [status, answer(facts, schemas)])),
      ...problems(route, schemas),
    },
  };
}

function answer(facts: Route["answers"][number], schemas: Json) {
  const { description, schema, location, type = "application/json", stream } = facts;
  return {
    description,
    ...(location ? { headers: { Location: { schema: { type: "string" } } } } : {}),
    ...(schema
      ? {
          content: {
            [type]: { schema: schemaOf(schema, "output", schemas) },
            ...(stream ? { "text/event-stream": { schema: { type: "string", description: stream } } } : {}),
          },
        }
      : {}),
  };
}

/** One answer for each status, listing the codes that come with it. */
function problems(route: Route, schemas: Json): Json {
  const ofBody = route.body ? (["payload_too_large", route.misfit ?? "invalid_request"] as const) : [];
  const ofKey = route.idempotent ? (["conflict", "idempotency_mismatch"] as const) : [];
  const codes = [...new Set([...route.errors, ...anyCall, ...ofBody, ...ofKey])];
  const statuses = [...new Set(codes.map((code) => errorTable[code].http))].sort((a, b) => a - b);
  const schema = schemaOf(problem, "output", schemas);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: codes
          .filter((code) => errorTable[code].http === status)
          .map((code) => `\`${code}\`: ${errorTable[code].title}.`)
          .join(" "),
        content: { "application/problem+json": { schema } },
      },
    ]),
  );
}

function queryParameters(query: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "output" });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name) && !(typeof schema === "object" && "default" in schema),
    schema,
    style: "form",
    explode: true,
  }));
}

function header(name: string, description: string): Json {
  return { name, in: "header", required: false, description, schema: { type: "string" } };
}

/** Schemas with an `id` become components; the others stand where they are used. */
function schemaOf(schema: z.ZodType, io: "input" | "output", schemas: Json): Json {
  const {
    $schema: _draft,
    $defs,
    ...json
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    reused: "inline",
  }) as Json;
  const id = z.globalRegistry.get(schema)?.id;
  for (const [name, definition] of Object.entries(($defs ?? {}) as Json)) schemas[name] = relink(definition);
  if (id === undefined) return relink(json) as Json;
  schemas[id] ??= relink(json);
  return { $ref: `#/components/schemas/${id}` };
}

function relink(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(relink);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) =>
      key === "$ref" && typeof value === "string"
        ? [key, value.replace("#/$defs/", "#/components/schemas/")]
        : [key, relink(value)],
    ),
  );
}
