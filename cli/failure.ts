import type { Problem } from "./answers";

/** What the command ends with, by kind of failure. `--help` shows these rows, and a test keeps docs/cli.md equal to them. */
export const exitTable = {
  ok: { code: 0, when: "done" },
  ended_badly: { code: 1, when: "the execution failed or was stopped (run --wait, run --watch, tree --watch, watch)" },
  usage: { code: 2, when: "the command line or the environment cannot be understood" },
  not_found: { code: 3, when: "there is no such graph, execution, stop or file" },
  refused: { code: 4, when: "it is invalid, or the state it is in forbids it" },
  unreachable: { code: 5, when: "the API, Temporal or Postgres is away or has a fault" },
  timed_out: { code: 6, when: "it was not over within --timeout; it goes on" },
  orphans: { code: 7, when: "doctor found differences between the record and Temporal, and did not repair them" },
  fault: { code: 70, when: "a fault of this command; --debug shows where" },
  left: { code: 130, when: "left by Ctrl-C; what was watched goes on" },
} as const;

export type ExitKind = keyof typeof exitTable;

export type Details = {
  /** Sentences under the title, one a line. */
  readonly details?: readonly string[];
  /** What the API said. */
  readonly problem?: Problem;
  readonly cause?: unknown;
};

/** What ends a command early: a title, sentences, and the exit code by its kind. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly kind: ExitKind;
  readonly details: readonly string[];
  readonly problem: Problem | null;

  constructor(kind: ExitKind, title: string, { details = [], problem, cause }: Details = {}) {
    super(title, { cause });
    this.kind = kind;
    this.details = details;
    this.problem = problem ?? null;
  }
}

/** An answer with an error, as the API gave it. */
export function failureOf(problem: Problem): Failure {
  const faults = problem.errors.map(({ pointer, detail }) => `${pointer || "/"}  ${detail}`);
  const isRepeated = problem.errors.some(({ detail }) => problem.detail.includes(detail));
  const title = `${problem.title} (${problem.status} ${problem.code})`;
  return new Failure(kindOf(problem.status), title, {
    details: isRepeated ? faults : [problem.detail, ...faults],
    problem,
  });
}

function kindOf(status: number): ExitKind {
  if (status === 404) return "not_found";
  return status >= 500 ? "unreachable" : "refused";
}
