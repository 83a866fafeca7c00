const live = ["INCOMPLETE", "QUEUED", "RUNNING", "WAITING"] as const;
const terminal = ["COMPLETED", "FAILED", "TERMINATED"] as const;

/** Of executions and of node executions alike. Stopping and paused are not stored: they follow from a fence or a hold. */
export const statuses = [...live, ...terminal] as const;
export type Status = (typeof statuses)[number];
export type TerminalStatus = (typeof terminal)[number];

export const terminalStatuses: readonly Status[] = terminal;

export function isTerminal(status: Status): status is TerminalStatus {
  return terminalStatuses.includes(status);
}

/** Why it ended. Which go with which terminal status is `endReasonsOf`; `unfed` is of node executions only. */
export const endReasons = [
  "finished",
  "node_failed",
  "limit_exceeded",
  "budget_exhausted",
  "timed_out",
  "lost",
  "stopped",
  "parent_stopped",
  "abandoned",
  "unfed",
] as const;
export type EndReason = (typeof endReasons)[number];

export const endReasonsOf = {
  COMPLETED: ["finished"],
  FAILED: ["node_failed", "limit_exceeded", "budget_exhausted", "timed_out", "lost"],
  TERMINATED: ["stopped", "parent_stopped", "abandoned", "unfed"],
} as const satisfies Record<TerminalStatus, readonly EndReason[]>;

/** From where each status may be entered: what a plan may write. The UPDATE itself asks for the very status the plan found. */
export const legalMoves = {
  INCOMPLETE: ["INCOMPLETE"],
  QUEUED: ["INCOMPLETE", "QUEUED", "RUNNING", "WAITING"],
  RUNNING: ["INCOMPLETE", "QUEUED", "RUNNING", "WAITING"],
  WAITING: ["INCOMPLETE", "QUEUED", "RUNNING", "WAITING"],
  COMPLETED: ["INCOMPLETE", "QUEUED", "RUNNING", "WAITING"],
  FAILED: ["INCOMPLETE", "QUEUED", "RUNNING", "WAITING"],
  TERMINATED: ["INCOMPLETE", "QUEUED", "RUNNING", "WAITING"],
} as const satisfies Record<Status, readonly Status[]>;

/**
 * Kinds of step. *grow* (start, result, emission, admission of a child) is refused under a fence; *settle* (only towards
 * terminal, usage recorded and uncharged) is allowed; *relay* (a settled child tells its parent's node) is allowed while
 * the parent's own path is open.
 */
export const stepKinds = ["grow", "settle", "relay"] as const;
