import type { Response } from "express";
import type { z } from "zod";
import { TreelineError, type ErrorCode } from "../graph/errors";
import { faultsOf } from "../graph/schema";
import type { Caller } from "./caller";

/** What a handler is given: everything of the request, parsed. */
export type Call<Query, Body> = {
  /** The `{id}` of the path as it came; "" where the path has none. */
  readonly id: string;
  readonly query: Query;
  readonly body: Body;
  readonly caller: Caller;
  readonly header: (name: string) => string | undefined;
  /** Fires when nobody waits for the answer any more, or the process stops: answer what is known. */
  readonly signal: AbortSignal;
  /** Mints a UUIDv7; under an Idempotency-Key the same ones each time, so that a repeat finds what the first try made. */
  readonly mint: () => string;
  /** An earlier try with the same Idempotency-Key may have got as far as making it. */
  readonly triedBefore: boolean;
};

export type Answer = {
  readonly status: number;
  /** A string and a Buffer are sent as they are, nothing where it is undefined, a `Streamed` writes itself, all else is JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A body that takes its time: writes itself until it is over, or nobody reads it any more. Never rejects. */
export type Streamed = (response: Response) => Promise<void>;

/** One call of the API: what routes it, checks it, documents it and carries it out, in one place. */
export type Route = RouteFacts & {
  readonly run: (raw: RawCall) => Promise<Answer>;
};

export type RouteFacts = {
  readonly method: "get" | "post" | "delete";
  /** In OpenAPI's form, `/v1/graphs/{id}`. */
  readonly path: string;
  /** Unique; the operationId of the document. */
  readonly name: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  /** Headers it reads, by name, with what they are for. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType;
  /** Content type of the body; JSON unless said. */
  readonly bodyType?: string;
  /** A request without a body counts as `{}`. */
  readonly bodyOptional?: boolean;
  /** The code of a body that misfits; `invalid_request` unless said. */
  readonly misfit?: ErrorCode;
  /** Honours `Idempotency-Key`. */
  readonly idempotent?: boolean;
  /** By status. */
  readonly answers: Readonly<Record<number, AnswerFacts>>;
  readonly errors: readonly ErrorCode[];
};

export type AnswerFacts = {
  readonly description: string;
  /** Absent: there is no body. */
  readonly schema?: z.ZodType;
  /** It has a `Location` header. */
  readonly location?: boolean;
  /** Content type; JSON unless said. */
  readonly type?: string;
  /** What it is as `text/event-stream`, for who accepts that. */
  readonly stream?: string;
};

export type RawCall = Omit<Call<unknown, unknown>, "query"> & { readonly query: URLSearchParams };

type Typed<Query extends z.ZodObject, Body extends z.ZodType> = RouteFacts & {
  readonly query?: Query;
  readonly body?: Body;
  readonly handle: (call: Call<z.output<Query>, z.output<Body>>) => Promise<Answer>;
};

/** Closes a handler over its own schemas. `run` throws `TreelineError`, with one fault for each thing that is wrong. */
export function route<Query extends z.ZodObject, Body extends z.ZodType>(typed: Typed<Query, Body>): Route {
  const { handle, ...facts } = typed;
  return {
    ...facts,
    run: async (raw) => {
      const query = parseQuery(facts.query, raw.query);
      const body = facts.body ? parseBody(facts.body, facts.misfit ?? "invalid_request", raw.body) : undefined;
      return await handle({ ...raw, query: query as z.output<Query>, body: body as z.output<Body> });
    },
  };
}

/** A parameter that is given once is a text, else a list of texts; routes without parameters refuse any. */
function parseQuery(schema: z.ZodObject | undefined, given: URLSearchParams): unknown {
  const names = [...new Set(given.keys())];
  if (!schema) {
    const faults = names.map((name) => ({ pointer: `/query/${name}`, detail: "unknown query parameter" }));
    if (faults.length > 0) throw new TreelineError("invalid_request", "this call takes no query parameters", faults);
    return {};
  }
  const texts = names.map((name) => {
    const all = given.getAll(name);
    return [name, all.length === 1 ? all[0] : all] as const;
  });
  const parsed = schema.safeParse(Object.fromEntries(texts));
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error).map(({ pointer, detail }) => ({ pointer: `/query${pointer}`, detail }));
  throw new TreelineError("invalid_request", describe("a query parameter is wrong", faults), faults);
}

function parseBody(schema: z.ZodType, misfit: ErrorCode, given: unknown): unknown {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error);
  throw new TreelineError(misfit, describe("the body is wrong", faults), faults);
}

/** One line that is enough for one fault; `errors` has them all. */
export function describe(what: string, faults: readonly { pointer: string; detail: string }[]): string {
  const [first, ...more] = faults;
  if (!first) return what;
  return `${what}: ${first.pointer || "/"} ${first.detail}${more.length > 0 ? ` (and ${more.length} more)` : ""}`;
}
