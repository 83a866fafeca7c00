import type { Execution, Tree } from "./answers";
import { createChanges } from "./changes";
import { Failure } from "./failure";
import { follow } from "./follow";
import { statusOf } from "./lines/execution";
import { nameOf, treeLines, type OpenNodes } from "./lines/tree";
import { createScreen } from "./screen";
import type { Session } from "./session";
import type { Api } from "./client";
import type { Terminal } from "./terminal";

/** Executions whose open nodes are asked for each time: a request for each. */
const mostNodeRequests = 12;
export const awayLine = "the API does not answer; asking again";

export type Following = { readonly timeoutMs?: number | undefined; readonly depth?: number | undefined };

type View = {
  update(tree: Tree, openNodes: OpenNodes): void;
  finish(tree: Tree): void;
  away(): void;
};

/** Shows how a tree changes until it has ended; answers its top execution. */
export async function watchTree(
  { api, terminal }: Session,
  id: string,
  { depth, timeoutMs }: Following,
): Promise<Execution> {
  const view = terminal.isJson ? jsonView(terminal) : terminal.isLive ? screenView(terminal) : lineView(terminal);
  const { tree } = await follow<{ tree: Tree; openNodes: OpenNodes }>({
    async ask(signal) {
      const tree = await api.readTree(id, depth, { signal });
      return { tree, openNodes: terminal.isLive ? await readOpenNodes(api, tree, signal) : new Map() };
    },
    isOver: ({ tree: { execution, totals } }) => execution.endedAt !== null && totals.live === 0,
    onAnswer: (answer) => view.update(answer.tree, answer.openNodes),
    onAway: () => view.away(),
    hints: hintsFor(id),
    timeoutMs,
  });
  view.finish(tree);
  return tree.execution;
}

/** Waits, showing nothing, until the execution has ended; answers it. */
export async function waitForEnd({ api, terminal }: Session, id: string, timeoutMs?: number): Promise<Execution> {
  return await follow({
    ask: (signal) => api.readExecution(id, { signal }),
    isOver: ({ endedAt }) => endedAt !== null,
    onAway: () => terminal.note(awayLine),
    hints: hintsFor(id),
    timeoutMs,
  });
}

/** Throws where it has ended, but not as it should have. */
export function assertCompleted(execution: Execution): void {
  if (execution.status === "COMPLETED") return;
  const { error } = execution;
  const details = error ? [`${error.code}: ${error.message}`] : [];
  throw new Failure("ended_badly", `${execution.graphName} is ${statusOf(execution)}`, { details });
}

function hintsFor(id: string): string[] {
  return [
    `execution ${id} goes on`,
    `look again:  npm run treeline -- tree ${id} --watch`,
    `stop it:     npm run treeline -- stop ${id} --wait`,
  ];
}

/** A nested graph is an open node too, but it has a branch of its own. */
async function readOpenNodes(api: Api, tree: Tree, signal: AbortSignal): Promise<OpenNodes> {
  const live = flatten(tree).filter(({ execution }) => execution.endedAt === null && execution.startedAt !== null);
  const asked = live.slice(0, mostNodeRequests).map(async ({ execution: { id } }) => {
    const { items } = await api.listNodes(id, { status: ["RUNNING", "WAITING"] }, 10, { signal });
    return [id, items.filter(({ childExecutionId }) => childExecutionId === null)] as const;
  });
  return new Map(await Promise.all(asked));
}

function flatten(tree: Tree): Tree[] {
  return [tree, ...tree.children.flatMap(flatten)];
}

function jsonView(terminal: Terminal): View {
  const changes = createChanges();
  const update = (tree: Tree) => changes(tree).forEach(({ execution }) => terminal.emit(execution));
  return { update, finish: update, away: () => terminal.note(awayLine) };
}

function lineView(terminal: Terminal): View {
  const changes = createChanges();
  const update = (tree: Tree) => {
    for (const { tree: branch, execution } of changes(tree)) {
      terminal.say(`${new Date().toISOString()}  ${execution.id}  ${nameOf(branch)}  ${statusOf(execution)}`);
    }
  };
  return { update, finish: update, away: () => terminal.note(awayLine) };
}

function screenView(terminal: Terminal): View {
  const screen = createScreen(process.stdout);
  let last: readonly string[] = [];
  const lines = (tree: Tree, openNodes?: OpenNodes) => treeLines(tree, Date.now(), openNodes).map(terminal.show);
  return {
    update: (tree, openNodes) => screen.draw((last = lines(tree, openNodes))),
    finish: (tree) => screen.finish(lines(tree)),
    away: () => screen.draw([...last, awayLine]),
  };
}
