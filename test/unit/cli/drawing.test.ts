import { createChanges } from "../../../cli/changes";
import { duration } from "../../../cli/lines/time";
import { treeLines } from "../../../cli/lines/tree";
import { createScreen } from "../../../cli/screen";
import { printable } from "../../../cli/terminal";
import { aNode, anExecution, aTree } from "./answers";

const later = Date.parse("2026-01-01T00:00:01.500Z");

test("draws a tree with branches, open nodes, what is not shown, and totals", () => {
  const root = anExecution(1, { stats: { ...anExecution(1).stats, childExecutions: 3 }, stopRequestedAt: "now" });
  const leaf = aTree(anExecution(3, { status: "FAILED", endReason: "node_failed", startedAt: null }));
  const branch = aTree(anExecution(2), [leaf], { node: { id: "n", label: "each city", item: null } });
  const nodes = new Map([[anExecution(2).id, [aNode("fetch")]]]);
  const id = (number: number) => anExecution(number).id;
  expect(treeLines(aTree(root, [branch], { truncated: true }), later, nodes)).toEqual([
    `Graph 1  RUNNING (stopping)  1.5 s  ${id(1)}`,
    `├─ each city: Graph 2  RUNNING  1.5 s  ${id(2)}`,
    `│  │ · fetch  RUNNING  1.5 s`,
    `│  └─ Graph 3  FAILED (node_failed)  ${id(3)}`,
    `└─ … 2 more not shown`,
    "2 executions, 1 node execution, 0 credits: 1 RUNNING",
  ]);
});

test("tells what changed since the last look, descendants first", () => {
  const changes = createChanges();
  const idsOf = (tree: Parameters<typeof changes>[0]) => changes(tree).map(({ execution }) => execution.graphName);
  expect(idsOf(aTree(anExecution(1), [aTree(anExecution(2))]))).toEqual(["Graph 2", "Graph 1"]);
  expect(idsOf(aTree(anExecution(1), [aTree(anExecution(2))]))).toEqual([]);
  const ended = aTree(anExecution(2, { status: "COMPLETED" }));
  expect(idsOf(aTree(anExecution(1, { stopId: "stop" }), [ended, aTree(anExecution(3))]))).toEqual([
    ...["Graph 2", "Graph 3", "Graph 1"],
  ]);
});

test("says durations as people do", () => {
  expect([-5, 0, 412, 1_234, 59_960, 125_000, 11_400_000].map(duration)).toEqual([
    ...["0 ms", "0 ms", "412 ms", "1.2 s", "1 min 0 s", "2 min 5 s", "3 h 10 min"],
  ]);
});

test("lets no name move the cursor or begin a line", () => {
  expect(printable("a\x1b[2Jb\nc\r\x9b")).toBe("a\u{fffd}[2Jb\u{fffd}c\u{fffd}\u{fffd}");
});

/** A screen on a terminal of `rows` rows, and what that terminal would show. */
function setup(rows: number) {
  const cells: string[][] = [];
  let [row, column] = [0, 0];
  const write = (text: string) => {
    for (const [piece] of text.matchAll(/\p{Cc}\[\??\d*[A-Za-z]|[^]/gu)) {
      const line = (cells[row] ??= []);
      if (piece.endsWith("A") && piece.length > 1) row -= Number.parseInt(piece.slice(2), 10);
      else if (piece === "\x1b[K" || piece === "\x1b[J") line.splice(column);
      else if (piece.length === 1 && piece !== "\n") line[column++] = piece;
      if (piece === "\x1b[J") cells.splice(row + 1);
      if (piece === "\n") [row, column] = [row + 1, 0];
    }
  };
  const shown = () => cells.map((line) => line.join("")).filter((line) => line !== "");
  return { screen: createScreen({ rows, write }), shown };
}

test("draws each frame over the last one and clears what is left of it", () => {
  const { screen, shown } = setup(24);
  screen.draw(["one", "two", "three"]);
  screen.draw(["1", "2"]);
  expect(shown()).toEqual(["1", "2"]);
});

test("cuts a frame to the terminal, keeping its last line, and leaves the last frame whole", () => {
  const { screen, shown } = setup(5);
  const lines = ["a", "b", "c", "d", "e", "total"];
  screen.draw(lines);
  expect(shown()).toEqual(["a", "b", "… 3 more lines", "total"]);
  screen.finish(lines);
  expect(shown()).toEqual(lines);
});
