import type {
  EventPage,
  Execution,
  Graph,
  GraphSummary,
  ImportedGraph,
  NodeExecution,
  Problem,
  Review,
  Stop,
  StopPlan,
  Tree,
} from "./answers";
import { Failure, failureOf } from "./failure";

/** Beyond what the API itself was asked to wait. */
const answerWithinMs = 30_000;
/** The API's largest page. */
const pageSize = 200;

type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
type Ask = {
  readonly query?: Query;
  readonly body?: unknown;
  readonly actor?: string | undefined;
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
};
export type Asking = Pick<Ask, "signal" | "waitMs">;

export type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null };
export type Missing = { readonly name: string; readonly detail: string };
export type Api = ReturnType<typeof createApi>;

/**
 * The API at `base`, a call each. They throw a `Failure`: what the API refused, or `unreachable` where nothing answers or what
 * answers is not Treeline. Where their `signal` aborts they throw its reason.
 */
export function createApi(base: string) {
  const get = <Answer>(path: string, ask?: Ask) => call<Answer>(base, "GET", path, ask);
  const post = <Answer>(path: string, ask?: Ask) => call<Answer>(base, "POST", path, ask);

  /** At most `limit` items, over as many pages as that takes. */
  async function list<Item>(
    path: string,
    key: string,
    query: Query,
    limit: number,
    asking: Asking = {},
  ): Promise<Page<Item>> {
    const items: Item[] = [];
    for (let cursor: string | undefined; ;) {
      const asked = { ...query, limit: Math.min(pageSize, limit - items.length), cursor };
      const page = await get<Record<string, Item[]> & { nextCursor: string | null }>(path, { query: asked, ...asking });
      items.push(...(page[key] ?? []));
      if (page.nextCursor === null || items.length >= limit) return { items, nextCursor: page.nextCursor };
      cursor = page.nextCursor;
    }
  }

  return {
    base,
    listGraphs: (limit: number) => list<GraphSummary>("/v1/graphs", "graphs", {}, limit),
    readGraph: (id: string, version?: number) =>
      get<Graph>(`/v1/graphs/${encodeURIComponent(id)}`, { query: { version } }),
    saveGraph: (body: unknown) => post<Graph>("/v1/graphs", { body }),
    importGraph: (body: unknown) => post<ImportedGraph>("/v1/graphs/import", { body }),
    start: (graphId: string, body: unknown) =>
      post<Execution>(`/v1/graphs/${encodeURIComponent(graphId)}/executions`, { body }),
    listExecutions: (query: Query, limit: number) => list<Execution>("/v1/executions", "executions", query, limit),
    readExecution: (id: string, asking: Asking = {}) =>
      get<Execution>(`/v1/executions/${encodeURIComponent(id)}`, asking),
    readTree: (id: string, depth?: number, asking: Asking = {}) =>
      get<Tree>(`/v1/executions/${encodeURIComponent(id)}/tree`, { query: { depth }, ...asking }),
    listNodes: (id: string, query: Query, limit: number, asking: Asking = {}) =>
      list<NodeExecution>(`/v1/executions/${encodeURIComponent(id)}/nodes`, "nodes", query, limit, asking),
    listReviews: (query: Query, limit: number) => list<Review>("/v1/reviews", "reviews", query, limit),
    decideReview: (id: string, body: unknown, actor?: string) =>
      post<Review>(`/v1/reviews/${encodeURIComponent(id)}`, { body, actor }),
    pause: (id: string, body: unknown) => post<Execution>(`/v1/executions/${encodeURIComponent(id)}/pause`, { body }),
    resume: (id: string) => post<Execution>(`/v1/executions/${encodeURIComponent(id)}/resume`, {}),
    listEvents: (id: string, query: Query, asking: Asking = {}) =>
      get<EventPage>(`/v1/executions/${encodeURIComponent(id)}/events`, { query, ...asking }),
    openEvents: (id: string, query: Query, signal: AbortSignal) =>
      openStream(base, `/v1/executions/${encodeURIComponent(id)}/events${searchOf(query)}`, signal),
    stop: (id: string, body: unknown) => post<Stop>(`/v1/executions/${encodeURIComponent(id)}/stop`, { body }),
    planStop: (id: string, body: object) =>
      post<{ plan: StopPlan }>(`/v1/executions/${encodeURIComponent(id)}/stop`, { body: { ...body, dryRun: true } }),
    readStop: (id: string, asking: Asking = {}) => get<Stop>(`/v1/stops/${encodeURIComponent(id)}`, asking),
    /** What the API lacks; empty where all is there. */
    async readMissing(): Promise<readonly Missing[]> {
      const { response, body } = await exchange(base, "GET", "/readyz", {});
      if (response.ok) return [];
      return asProblem(base, body).errors.map(({ pointer, detail }) => ({ name: pointer.slice(1), detail }));
    },
  };
}

async function call<Answer>(base: string, method: "GET" | "POST", path: string, ask: Ask = {}): Promise<Answer> {
  const { response, body } = await exchange(base, method, path, ask);
  if (!response.ok) throw failureOf(asProblem(base, body));
  return body as Answer; // the API's own types: both come from one build
}

async function exchange(
  base: string,
  method: string,
  path: string,
  { query = {}, body, actor, waitMs = 0, signal }: Ask,
) {
  const url = `${base}${path}${searchOf(waitMs > 0 ? { ...query, wait: `${waitMs}ms` } : query)}`;
  const late = AbortSignal.timeout(answerWithinMs + waitMs);
  const as = actor === undefined ? {} : { "x-treeline-actor": actor };
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json", ...as } };
  try {
    const response = await fetch(url, { method, ...init, signal: signal ? AbortSignal.any([signal, late]) : late });
    const text = await response.text();
    return { response, body: parseAnswer(base, text) };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw error instanceof Failure ? error : away(base, error);
  }
}

/** A stream of text, for as long as it lasts: neither the beginning nor a part has to come within a time. */
async function* openStream(base: string, path: string, signal: AbortSignal): AsyncGenerator<string> {
  try {
    const response = await fetch(`${base}${path}`, { headers: { accept: "text/event-stream" }, signal });
    if (!response.ok) throw failureOf(asProblem(base, parseAnswer(base, await response.text())));
    if (response.body) yield* response.body.pipeThrough(new TextDecoderStream());
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof Failure ? error : away(base, error);
  }
}

function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  return search.size > 0 ? `?${search.toString()}` : "";
}

function parseAnswer(base: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw foreign(base, cause);
  }
}

/** Every error of Treeline's has a code and a list. */
function asProblem(base: string, body: unknown): Problem {
  const isProblem = typeof body === "object" && body !== null && "code" in body && "errors" in body;
  if (!isProblem) throw foreign(base);
  return body as Problem;
}

function foreign(base: string, cause?: unknown): Failure {
  const details = [`What answers at ${base} is not Treeline's API: look at --api and PORT.`];
  return new Failure("unreachable", "The API was not found", { details, cause });
}

function away(base: string, cause: unknown): Failure {
  const details = [
    `${base}: ${reasonOf(cause)}`,
    "npm run dev starts it; --api <url> names another one; npm run treeline -- doctor looks closer.",
  ];
  return new Failure("unreachable", "The API does not answer", { details, cause });
}

/** fetch says "fetch failed"; why is in its cause, which for several addresses is a list. */
function reasonOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  if ("errors" in error && Array.isArray(error.errors)) return reasonOf(error.errors[0]);
  if ("cause" in error && error.cause !== undefined) return reasonOf(error.cause);
  return "message" in error ? String(error.message) : "no reason was given";
}
