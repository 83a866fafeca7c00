import type { Execution, Tree } from "./answers";
import { createChanges } from "./changes";
import { Failure } from "./failure";
import { follow } from "./follow";
import { statusOf } from "./lines/execution";
import { nameOf, treeLines, type OpenNodes } from "./lines/tree";
import { createScreen } from "./screen";
import { createSteering, listenForKeys } from "./steering";
import type { Session } from "./session";
import type { Api } from "./client";
import type { Terminal } from "./terminal";

/** Executions whose open nodes are asked for each time: a request for each. */
const mostNodeRequests = 12;
export const awayLine = "the API does not answer; asking again";

export type Following = {
  readonly timeoutMs?: number | undefined;
  readonly depth?: number | undefined;
  /** Where it is drawn in a terminal, keys pause, resume and stop it. */
  readonly withKeys?: boolean;
};

type View = {
  update(tree: Tree, openNodes: OpenNodes): void;
  finish(tree: Tree): void;
  away(): void;
  /** Gives the terminal back. */
  close?(): void;
};

/** Shows how a tree changes until it has ended; answers its top execution. */
export async function watchTree(
  { api, terminal }: Session,
  id: string,
  { depth, timeoutMs, withKeys = false }: Following,
): Promise<Execution> {
  const view = viewOf({ api, terminal }, id, withKeys);
  const following = follow<{ tree: Tree; openNodes: OpenNodes }>({
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
  const { tree } = await following.finally(() => view.close?.());
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

function viewOf({ api, terminal }: Session, id: string, withKeys: boolean): View {
  if (terminal.isJson) return jsonView(terminal);
  if (!terminal.isLive) return lineView(terminal);
  const view = screenView(terminal);
  if (!withKeys || !process.stdin.isTTY) return view;
  const leave = () => void process.kill(process.pid, "SIGINT");
  const steering = createSteering(api, id, { onChange: () => view.show(steering.lines()), leave });
  view.show(steering.lines());
  return { ...view, close: listenForKeys(process.stdin, (key) => void steering.press(key)) };
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

/** `show` sets what stands under the tree. */
function screenView(terminal: Terminal): View & { show(lines: readonly string[]): void } {
  const screen = createScreen(process.stdout);
  let last: readonly string[] = [];
  let below: readonly string[] = [];
  const draw = () => screen.draw([...last, ...below], below.length + 1);
  const lines = (tree: Tree, openNodes?: OpenNodes) => treeLines(tree, Date.now(), openNodes).map(terminal.show);
  return {
    update(tree, openNodes) {
      last = lines(tree, openNodes);
      draw();
    },
    show(shown) {
      below = shown.map(terminal.show);
      draw();
    },
    finish: (tree) => screen.finish(lines(tree)),
    away: () => screen.draw([...last, awayLine]),
  };
}
