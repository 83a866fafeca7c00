import type { Database } from "../db/client";
import { isDuplicate } from "../db/errors";
import { findVersion } from "../db/graphs";
import { startTree } from "../db/start";
import type { Limits } from "../graph/definition";
import { TreelineError, type Fault } from "../graph/errors";
import { parseExecutionId, parseGraphId, type ExecutionId } from "../graph/ids";
import { effectiveLimits } from "../graph/limits";
import { pointerTo } from "../graph/pointer";
import type { StartRequest } from "../graph/schema";
import type { Caller } from "./caller";
import type { ReadGraphFacts } from "./graph-facts";
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

/** Records a start. Throws `not_found` for the graph or its version, `invalid_inputs` with every fault. */
export async function recordStart(db: Database, readFacts: ReadGraphFacts, start: Start): Promise<ExecutionId> {
  const { request, caller } = start;
  const { masks = {} } = request;
  const graphId = parseGraphId(start.graphId);
  const graphVersion = await findVersion(db, caller.ownerId, graphId, request.version ?? null);
  if (graphVersion === null) {
    const which = request.version === undefined ? "" : ` and version ${request.version}`;
    throw new TreelineError("not_found", `no graph has the id "${graphId}"${which}`);
  }
  const graph = await readFacts(caller.ownerId, graphId, graphVersion);
  const { inputs, faults } = graph.checkInputs(request.inputs);
  const all = [...faults, ...labelFaults(request), ...graph.checkMasks(masks)];
  if (all.length > 0) throw new TreelineError("invalid_inputs", describe("the start has faults", all), all);
  const id = parseExecutionId(start.mint());
  try {
    await startTree(db, {
      id,
      ownerId: caller.ownerId,
      actor: caller.actor,
      graphId,
      graphVersion,
      inputs: takeValues(caller.ownerId, inputs, start.maxValueBytes),
      masks,
      limits: effectiveLimits(graph.limits, request.limits, start.maxima),
      budget: request.budget ?? null,
      priority: request.priority ?? 3,
      awaitsAdmission: start.awaitsAdmission,
      labels: request.labels ?? {},
    });
  } catch (error) {
    if (!start.triedBefore || !isDuplicate(error)) throw error;
  }
  return id;
}

function labelFaults({ labels = {} }: StartRequest): Fault[] {
  return Object.entries(labels)
    .filter((pair) => pair.some((text) => loneSurrogate.test(text)))
    .map(([name]) => ({ pointer: pointerTo(["labels", name]), detail: "must be well-formed Unicode" }));
}
