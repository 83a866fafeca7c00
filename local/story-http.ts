/** Of each answer what the story reads; API.md has the whole. */
export type Execution = {
  readonly id: string;
  readonly graphName: string;
  readonly status: string;
  readonly endReason: string | null;
  readonly outputs: Readonly<Record<string, readonly unknown[]>>;
  readonly workflow?: { readonly uiUrl?: string | null };
};

export type Tree = {
  readonly execution: Execution;
  readonly children: readonly Tree[];
  readonly totals: {
    readonly executions: number;
    readonly live: number;
    readonly byStatus: Readonly<Record<string, number>>;
  };
};

export type Stop = {
  readonly id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly phases: {
    readonly requestedAt: string;
    readonly fencedAt: string | null;
    readonly quiescedAt: string | null;
    readonly closedAt: string | null;
  };
  readonly counts: unknown;
  readonly proof: unknown;
};

export type Http = ReturnType<typeof createHttp>;

/** Calls of the API at `base`. Each throws, with what the API said, where the answer is not a success. */
export function createHttp(base: string) {
  async function call<Answer>(method: "GET" | "POST", path: string, body?: unknown): Promise<Answer> {
    const request =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(`${base}/v1${path}`, { method, ...request });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as Answer;
  }
  return {
    createGraph: (graph: unknown) => call<{ id: string }>("POST", "/graphs", graph),
    start: (graphId: string, inputs: unknown, wait = "0s") =>
      call<Execution>("POST", `/graphs/${graphId}/executions?wait=${wait}`, { inputs }),
    readExecution: (id: string) => call<Execution>("GET", `/executions/${id}`),
    readTree: (id: string) => call<Tree>("GET", `/executions/${id}/tree`),
    stop: (id: string, reason: string, wait: string) =>
      call<Stop>("POST", `/executions/${id}/stop?wait=${wait}`, { reason }),
    readStop: (id: string, wait: string) => call<Stop>("GET", `/stops/${id}?wait=${wait}`),
  };
}
