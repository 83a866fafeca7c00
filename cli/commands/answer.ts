import { Option, type Command } from "commander";
import { reviewLines, reviewTable } from "../lines/review";
import { readCount, readJson } from "../options";
import { openSession } from "../session";

export function addReviews(program: Command): void {
  program
    .command("reviews")
    .description("Questions that nodes ask people, the oldest first")
    .option("--status <list>", "only these, such as waiting,approved", "waiting")
    .option("--execution <id>", "only of this execution")
    .option("--limit <n>", "at most so many", readCount, 20)
    .addHelpText("after", "\nExample:\n  npm run treeline -- reviews")
    .action(async (options: { status: string; execution?: string; limit: number }, command: Command) => {
      const { api, terminal } = openSession(command);
      const query = { status: options.status.toLowerCase().split(/[\s,]+/), executionId: options.execution };
      const { items, nextCursor } = await api.listReviews(query, options.limit);
      terminal.answer({ reviews: items, nextCursor }, () => reviewTable(items));
      if (nextCursor !== null) terminal.note(`there are more than ${items.length}: see --limit`);
    });
}

type Answer = {
  readonly reject?: true;
  readonly autoApprove?: true;
  readonly as?: string;
  readonly data?: unknown;
  readonly message?: string;
};

export function addAnswer(program: Command): void {
  program
    .command("answer")
    .description("Answer a question: approve it, unless --reject")
    .argument("<review>", "its id, which is that of the node execution that asks")
    .option("--reject", "decline instead of approving")
    .addOption(
      new Option("--data <json>", "the answer, or the data as changed; a text if it is no JSON").argParser(readJson),
    )
    .option("--message <text>", "said with it")
    .option("--auto-approve", "approve what the same node asks from now on in this execution, too")
    .option("--as <name>", "who answers, where only some may")
    .addHelpText(
      "after",
      '\nExample:\n  npm run treeline -- answer 0199c0de-0000-7000-8000-000000000000 --data \'{"amount": 3}\' --message "three is enough"',
    )
    .action(async (id: string, { reject, autoApprove, as, ...said }: Answer, command: Command) => {
      const { api, terminal } = openSession(command);
      const review = await api.decideReview(id, { decision: reject ? "reject" : "approve", autoApprove, ...said }, as);
      terminal.answer(review, () => reviewLines(review));
    });
}
