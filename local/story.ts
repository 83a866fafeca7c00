import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Ready } from "./data-folder";
import { createHttp } from "./story-http";
import type { Execution, Http, Stop, Tree } from "./story-http";

type Say = (line: string) => void;

const cities = ["Lisbon", "Oslo", "Quito"];
const notes = cities.flatMap((city) => ["food", "music", "walks"].map((topic) => `${topic} in ${city}`));
const treeSize = 13; // both examples: one root, three nested graphs, nine in those

/**
 * What the quickstart shows, over HTTP alone: a nested graph runs to its outputs, another one is stopped as a tree. Throws if
 * anything is not as promised.
 */
export async function tellStory(ready: Ready, say: Say): Promise<void> {
  const http = createHttp(ready.api);
  say("\n1. A nested graph runs: three levels, 13 executions");
  const finished = await runToOutputs(http, say);
  say("\n2. A long one is started: in each of its nine innermost graphs a timer of an hour");
  const long = await startAndWait(http, say);
  say("\n3. Its whole tree is stopped with one call");
  await stopTree(http, long, say);
  say("\nLinks (they work while npm run dev runs)");
  say(`  the first tree   ${ready.api}/v1/executions/${finished.id}/tree`);
  say(`  the stopped one  ${ready.api}/v1/executions/${long.id}/tree`);
  say(`  the API          ${ready.api}/v1/openapi.json`);
  if (ready.temporalUi) say(`  Temporal's UI    ${long.workflow?.uiUrl ?? ready.temporalUi}`);
}

async function runToOutputs(http: Http, say: Say): Promise<Execution> {
  const graph = await http.createGraph(readExample("travel-notes"));
  const execution = await http.start(graph.id, { cities }, "60s");
  const tree = await http.readTree(execution.id);
  printTree(tree, say);
  assert(execution.status === "COMPLETED", `the execution is ${execution.status}, not COMPLETED`, execution);
  assert(
    tree.totals.executions === treeSize,
    `the tree has ${tree.totals.executions} executions, not ${treeSize}`,
    tree,
  );
  const found = execution.outputs["notes"];
  assert(isDeepStrictEqual(found, notes), "its outputs are not what the graph says", { found, expected: notes });
  say(`  outputs: ${notes.join(", ")}`);
  return execution;
}

async function startAndWait(http: Http, say: Say): Promise<Execution> {
  const graph = await http.createGraph(readExample("long-wait"));
  const execution = await http.start(graph.id, {});
  const deadline = Date.now() + 60_000;
  for (;;) {
    const tree = await http.readTree(execution.id);
    const waiting = tree.totals.byStatus["WAITING"] ?? 0;
    if (tree.totals.executions === treeSize && tree.totals.live === treeSize && waiting >= 9) {
      printTree(tree, say);
      return http.readExecution(execution.id);
    }
    assert(Date.now() < deadline, "the tree does not grow to 13 live executions within 60 s", tree.totals);
    await delay(100);
  }
}

async function stopTree(http: Http, { id }: Execution, say: Say): Promise<void> {
  const begun = Date.now();
  let stop = await http.stop(id, "the quickstart is over", "15s");
  if (stop.status !== "CLOSED") stop = await http.readStop(stop.id, "15s");
  const took = Date.now() - begun;
  const tree = await http.readTree(id);
  printTree(tree, say);
  printReceipt(stop, took, say);
  assert(stop.status === "CLOSED" && stop.outcome === "stopped", "the stop is not closed", stop);
  assert(tree.totals.live === 0, `${tree.totals.live} executions are still live`, tree.totals);
  assert(tree.totals.byStatus["TERMINATED"] === treeSize, "not every execution is TERMINATED", tree.totals);
}

function printReceipt(stop: Stop, tookMs: number, say: Say): void {
  const since = (time: string | null) =>
    time === null ? "not yet" : `after ${Date.parse(time) - Date.parse(stop.phases.requestedAt)} ms`;
  say(`  receipt of stop ${stop.id}: ${stop.status}, ${stop.outcome} (answered after ${tookMs} ms)`);
  say(`    fenced    ${since(stop.phases.fencedAt)}`);
  say(`    quiesced  ${since(stop.phases.quiescedAt)}`);
  say(`    closed    ${since(stop.phases.closedAt)}`);
  say(`    counts    ${JSON.stringify(stop.counts)}`);
  if (stop.proof) say(`    proof     ${JSON.stringify(stop.proof)}`);
}

function printTree(tree: Tree, say: Say, lead = "  ", place: "" | "├─ " | "└─ " = ""): void {
  const { execution } = tree;
  const why = execution.endReason && execution.endReason !== "finished" ? `, ${execution.endReason}` : "";
  say(`${lead}${place}${execution.graphName}  ${execution.status}${why}`);
  const below = lead + { "": "", "├─ ": "│  ", "└─ ": "   " }[place];
  tree.children.forEach((child, index) =>
    printTree(child, say, below, index === tree.children.length - 1 ? "└─ " : "├─ "),
  );
}

function readExample(name: string): unknown {
  return JSON.parse(readFileSync(join(__dirname, "..", "examples", `${name}.json`), "utf8"));
}

function assert(holds: boolean, sentence: string, seen: unknown): asserts holds {
  if (!holds) throw new Error(`Not as promised: ${sentence}\n${JSON.stringify(seen, null, 2)}`);
}
