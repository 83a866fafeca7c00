import type { Database } from "../db/client";
import { isDuplicate } from "../db/errors";
import type { StartFacts } from "../db/outbox";
import { startTree, type NewTree } from "../db/start";
import type { Limits } from "../graph/definition";
import { TreelineError, type Fault } from "../graph/errors";
import { parseExecutionId, parseGraphId, type ExecutionId } from "../graph/ids";
import { effectiveLimits } from "../graph/limits";
import { pointerTo } from "../graph/pointer";
import type { StartRequest } from "../graph/schema";
import type { Caller } from "./caller";
import type { NewestVersions, ReadGraphFacts } from "./graph-facts";
import { describe } from "./route";
import { takeValues } from "./sizes";

/** Half of a UTF-16 pair: JSON texts may hold one, labels are `jsonb` and may not. */
const loneSurrogate = /\p{Surrogate}/u;

export type Start = {
  readonly graphId: string;
  readonly request: StartRequest;
  readonly caller: Caller;
  readonly mint: () => string;
  /** It may have been recorded by an earlier try with the same ids. */
  readonly triedBefore: boolean;
  /** The operator's: no start may have more. */
  readonly maxima: Limits;
  readonly maxValueBytes: number;
  /** Places are limited: it is started when it is admitted. */
  readonly awaitsAdmission: boolean;
};

/** `facts`: what the dispatcher needs to start it at once; null where an earlier try has recorded it. */
export type RecordedStart = { readonly id: ExecutionId; readonly facts: StartFacts | null };

export type StartDeps = {
  readonly db: Database;
  readonly readFacts: ReadGraphFacts;
  readonly newest: NewestVersions;
};

/** Records a start. Throws `not_found` for the graph or its version, `invalid_inputs` with every fault. */
export async function recordStart(deps: StartDeps, start: Start): Promise<RecordedStart> {
  const { request, caller } = start;
  const graphId = parseGraphId(start.graphId);
  const id = parseExecutionId(start.mint());
  const remembered = request.version === undefined ? deps.newest.remembered(caller.ownerId, graphId) : null;
  if (remembered !== null) {
    const recorded = await recordVersion(deps, start, { id, graphId, graphVersion: remembered, ifNewest: true });
    if ("id" in recorded) return recorded; // else a later version may have been saved since
  }
  const graphVersion = request.version ?? (await deps.newest.read(caller.ownerId, graphId));
  if (graphVersion === null) throw new TreelineError("not_found", `no graph has the id "${graphId}"`);
  const recorded = await recordVersion(deps, start, { id, graphId, graphVersion, ifNewest: false });
  if ("id" in recorded) return recorded;
  const { faults } = recorded;
  throw new TreelineError("invalid_inputs", describe("the start has faults", faults), faults);
}

/** Answers `faults` where it is not recorded; without any: it is not the newest version. */
async function recordVersion(
  { db, readFacts }: StartDeps,
  start: Start,
  what: Pick<NewTree, "id" | "graphId" | "graphVersion" | "ifNewest">,
): Promise<RecordedStart | { readonly faults: readonly Fault[] }> {
  const { request, caller } = start;
  const { id, graphId, graphVersion } = what;
  const { masks = {} } = request;
  const graph = await readFacts(caller.ownerId, graphId, graphVersion);
  const { inputs, faults } = graph.checkInputs(request.inputs);
  const all = [...faults, ...labelFaults(request), ...graph.checkMasks(masks)];
  if (all.length > 0) return { faults: all };
  try {
    const isRecorded = await startTree(db, {
      ...what,
      ownerId: caller.ownerId,
      actor: caller.actor,
      inputs: takeValues(caller.ownerId, inputs, start.maxValueBytes),
      masks,
      limits: effectiveLimits(graph.limits, request.limits, start.maxima),
      budget: request.budget ?? null,
      priority: request.priority ?? 3,
      awaitsAdmission: start.awaitsAdmission,
      labels: request.labels ?? {},
    });
    return isRecorded ? { id, facts: { rootId: id, graphId, graphName: graph.name } } : { faults: [] };
  } catch (error) {
    if (!start.triedBefore || !isDuplicate(error)) throw error;
    return { id, facts: null };
  }
}

function labelFaults({ labels = {} }: StartRequest): Fault[] {
  return Object.entries(labels)
    .filter((pair) => pair.some((text) => loneSurrogate.test(text)))
    .map(([name]) => ({ pointer: pointerTo(["labels", name]), detail: "must be well-formed Unicode" }));
}
