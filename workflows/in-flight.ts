import { CancellationScope } from "@temporalio/workflow";
import type { ExecutionId, NodeExecutionId } from "../graph/ids";
import { carryOut, endReasonOf, isLeftBehind, isTimeout } from "./carry-out";
import { workWindow, type Answer, type Work } from "./messages";
import { record } from "./proxies";

/** What one execution has going at Temporal: all that its workflow remembers. */
export class InFlight {
  private readonly works = new Map<NodeExecutionId, { work: Work; ended: Promise<void> }>();
  private readonly waits = new CancellationScope();
  private readonly executionId: ExecutionId;
  /** Left by a cancel without a word from their worker, or with the word that their code may still run. */
  private readonly silent = new Set<NodeExecutionId>();
  private readonly onAnswer: (answer: Answer | null) => void;

  /** `onAnswer`: a piece of work has ended; null: what follows is to be asked for. */
  constructor(executionId: ExecutionId, onAnswer: (answer: Answer | null) => void) {
    this.executionId = executionId;
    this.onAnswer = onAnswer;
  }

  get ids(): NodeExecutionId[] {
    return [...this.works.keys()];
  }

  isSilent(id: NodeExecutionId): boolean {
    return this.silent.has(id);
  }

  get hasRoom(): boolean {
    return this.remotes <= workWindow / 2;
  }

  get hasChildren(): boolean {
    return [...this.works.values()].some(({ work }) => work.kind === "child");
  }

  /** false: the window is full, and some of it is to be asked for again when there is room. */
  start(works: readonly Work[]): boolean {
    let fits = true;
    for (const work of works) {
      if (this.works.has(work.id)) continue;
      if (work.kind === "remote" && this.remotes >= workWindow) fits = false;
      else this.works.set(work.id, { work, ended: this.follow(work) });
    }
    return fits;
  }

  /** Timers are armed again from Postgres, so nobody needs to wait for them. */
  leaveWaits(): void {
    this.waits.cancel();
  }

  /** Resolves when all that is in flight now has ended. */
  async allEnded(): Promise<void> {
    await Promise.all([...this.works.values()].map(({ ended }) => ended));
  }

  private get remotes(): number {
    return [...this.works.values()].filter(({ work }) => work.kind === "remote").length;
  }

  /** Never rejects: a failure becomes a record to read. Left alone where the workflow itself is cancelled. */
  private async follow(work: Work): Promise<void> {
    const answer = await this.answerTo(work);
    this.works.delete(work.id);
    if (answer !== "left") this.onAnswer(answer);
  }

  private async answerTo(work: Work): Promise<Answer | null | "left"> {
    const carry = () => carryOut(this.executionId, work);
    const isLeft = () =>
      CancellationScope.current().consideredCancelled || (work.kind === "wait" && this.waits.consideredCancelled);
    try {
      return await (work.kind === "wait" ? this.waits.run(carry) : carry());
    } catch (error) {
      if (isLeft()) {
        if (isTimeout(error) || isLeftBehind(error)) this.silent.add(work.id);
        return "left";
      }
      try {
        return await this.settle(work, error);
      } catch (failed) {
        if (isLeft()) return "left"; // the cancel came while it was settled
        throw failed;
      }
    }
  }

  /** What is recorded stands; else the node has failed, and a nested graph was stopped alone. */
  private settle(work: Work, error: unknown): Promise<Answer> {
    if (work.kind === "child") return record.settleChild(this.executionId, work.executionId);
    return record.settleNode(this.executionId, work.id, endReasonOf(error));
  }
}
