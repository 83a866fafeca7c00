import type { RecordedError } from "../db/schema";
import type { BudgetStop, Exceeded, SelfStop } from "../db/self-stop";
import type { State } from "../db/state";
import type { Limits } from "../graph/definition";
import type { NodeExecutionId } from "../graph/ids";
import { own } from "../graph/json";
import { effectiveLimits, type AllLimits } from "../graph/limits";

/** Limits that stop the execution which set them; `depth` and `children` fail the node that asked. */
type Stopping = "executions" | "nodeExecutions" | "iterations";

export type ChildRefusal = { readonly exceeded: { limit: string; max: number }; readonly error: RecordedError };

/**
 * What the limits leave to one segment. The counts of the tree are those of the state: commit_step refuses the unit where
 * others have used them up since, and the next plan is made on what is left.
 */
export class Allowance {
  /** Of the first limit that would have been passed: nothing may follow, and the unit ends with it. */
  stop: SelfStop | null = null;
  /** The budget of the tree is used up: this wins, for it ends the tree. */
  exhausted: BudgetStop | null = null;
  /** A node may have reached its limit, and how often it has run was not read: plan again on a state that knows. */
  isUnsure = false;
  readonly limits: AllLimits;
  private readonly state: State;
  private readonly labelOf: (nodeId: string) => string;
  private readonly refused = new Set<NodeExecutionId>();
  private readonly queued = new Map<string, number>();
  private minted = 0;
  private charged = 0;
  private freed = 0;
  private spends = false;

  constructor(state: State, labelOf: (nodeId: string) => string) {
    this.state = state;
    this.labelOf = labelOf;
    this.limits = effectiveLimits({}, state.limits as Limits);
  }

  /** A new node execution; where it is one too many it must not be written. */
  count(id: NodeExecutionId): void {
    this.minted += 1;
    if (this.state.tree.nodeExecutions + this.minted <= this.limits.nodeExecutions) return;
    this.refused.add(id);
    this.stopAt("nodeExecutions", `this tree may have at most ${this.limits.nodeExecutions} node executions`);
  }

  /** So many node executions more would not pass the tree's limit. */
  leaves(count: number): boolean {
    return this.state.tree.nodeExecutions + this.minted + count <= this.limits.nodeExecutions;
  }

  isRefused(id: NodeExecutionId): boolean {
    return this.refused.has(id);
  }

  /** One more execution of a node; false: one too many. */
  iterates(nodeId: string): boolean {
    const here = (this.queued.get(nodeId) ?? 0) + 1;
    this.queued.set(nodeId, here);
    const { iterations, nodeExecutions } = this.state;
    const before = iterations ? (own(iterations, nodeId) ?? 0) : nodeExecutions;
    if (before + here <= this.limits.iterations) return true;
    if (iterations) {
      const max = this.limits.iterations;
      this.stopAt("iterations", `node "${this.labelOf(nodeId)}" may run at most ${max} times`, nodeId);
    } else {
      this.isUnsure = true;
    }
    return false;
  }

  /** The number of the node execution that was counted last; recorded only where the counts were read. */
  iteration(nodeId: string): number | undefined {
    const { iterations } = this.state;
    return iterations && this.state.nodeExecutions > 0
      ? (own(iterations, nodeId) ?? 0) + (this.queued.get(nodeId) ?? 0)
      : undefined;
  }

  /** One more nested graph in the tree, besides the `admitted` of this segment; false: one too many. */
  admits(admitted: number): boolean {
    if (this.state.tree.executions + admitted < this.limits.executions) return true;
    this.stopAt("executions", `this tree may have at most ${this.limits.executions} executions`);
    return false;
  }

  /** Whether an inline node, which nobody has reserved anything for, fits beside what runs. */
  affords(nodeId: string, wanted: number): boolean {
    const { budget, charge, reserved } = this.state.tree;
    if (budget === null || charge + this.charged + reserved - this.freed + wanted <= budget) return true;
    this.exhausted ??= { cause: "budget", nodeId, wanted };
    return false;
  }

  /** A node that something was reserved for has ended. */
  free(reserved: number): void {
    this.freed += reserved;
  }

  /** What a node has cost; commit_step judges by the same sums. `isInline`: nothing was reserved for it. */
  book(nodeId: string, charge: number, isInline: boolean): void {
    this.charged += charge;
    this.spends ||= isInline;
    const { budget, charge: before, reserved } = this.state.tree;
    const beside = this.spends ? reserved - this.freed : 0;
    if (budget !== null && before + this.charged + beside > budget)
      this.exhausted ??= { cause: "budget", nodeId, wanted: 0 };
  }

  /** null: one more nested graph may start in this execution, besides the `admitted` of this segment. */
  refusesChild(admitted: number): ChildRefusal | null {
    const { lineageDepth, childExecutions, detachedExecutions } = this.state;
    const { depth, children } = this.limits;
    if (lineageDepth + 1 > depth)
      return refusal("depth", depth, `a nested graph at depth ${lineageDepth + 1} would pass ${depth}`);
    if (childExecutions + detachedExecutions + admitted + 1 > children)
      return refusal("children", children, `one execution may start at most ${children} nested graphs`);
    return null;
  }

  private stopAt(limit: Stopping, why: string, nodeId?: string): void {
    const message = `limit ${limit}: ${why}`;
    const exceeded: Exceeded = { limit, max: this.limits[limit], executionId: this.state.id, nodeId };
    const error = { code: "limit_exceeded", message, limit, ...(nodeId === undefined ? {} : { nodes: [nodeId] }) };
    this.stop ??= { cause: "limit", endsAs: "limit_exceeded", error, exceeded };
  }
}

function refusal(limit: "depth" | "children", max: number, why: string): ChildRefusal {
  return { exceeded: { limit, max }, error: { code: "limit_exceeded", message: `limit ${limit}: ${why}`, limit } };
}
