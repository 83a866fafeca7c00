import { randomUUID } from "node:crypto";
import { uuidv7 } from "uuidv7";
import { connect } from "../../db/client";
import { isDuplicate } from "../../db/errors";
import {
  findSameContent,
  findVersion,
  listGraphs,
  readGraph,
  readGraphs,
  saveGraphs,
  type NewGraph,
} from "../../db/graphs";
import { parseGraphId } from "../../graph/ids";
import { testDatabase } from "../support/database";

const pins = { type: "object", properties: {}, required: [] } as const;

function graph(changes: Partial<NewGraph> = {}): NewGraph {
  return {
    id: parseGraphId(uuidv7()),
    version: 1,
    name: "one",
    description: "",
    definition: { nodes: [{ id: "n", blockId: randomUUID(), constants: {} }], links: [], settings: {}, nested: {} },
    inputSchema: pins,
    outputSchema: pins,
    subGraphs: [],
    content: "one",
    ...changes,
  };
}

async function setup() {
  const db = connect((await testDatabase()).url, { max: 2 });
  return { db, [Symbol.asyncDispose]: () => db.close() };
}

describe("saved graphs", () => {
  test("are read by version, and the latest where none is asked for", async () => {
    await using bundle = await setup();
    const first = graph();
    const second = { ...first, version: 2, name: "two" };
    await saveGraphs(bundle.db, "ada", [first]);
    await saveGraphs(bundle.db, "ada", [second]);
    expect(await readGraph(bundle.db, "ada", first.id, 1)).toMatchObject({ version: 1, name: "one" });
    expect(await readGraph(bundle.db, "ada", first.id, null)).toMatchObject({ version: 2, name: "two" });
    expect(await readGraph(bundle.db, "ada", first.id, 3)).toBeNull();
    expect(await findVersion(bundle.db, "ada", first.id, null)).toBe(2);
    expect(await findVersion(bundle.db, "ada", first.id, 1)).toBe(1);
    expect(await findVersion(bundle.db, "ada", first.id, 3)).toBeNull();
  });

  test("keep values as they came: order of keys, NUL and lone surrogates", async () => {
    await using bundle = await setup();
    const constants = { z: 1, a: "\u0000\ud800", m: { b: 1, a: 2 } };
    const odd = graph();
    const node = { id: "n", blockId: randomUUID(), constants };
    await saveGraphs(bundle.db, "ada", [{ ...odd, definition: { ...odd.definition, nodes: [node] } }]);
    const read = await readGraph(bundle.db, "ada", odd.id, 1);
    expect(JSON.stringify(read?.definition.nodes[0]?.constants)).toBe(JSON.stringify(constants));
  });

  test("belong to their owner alone", async () => {
    await using bundle = await setup();
    const mine = graph();
    await saveGraphs(bundle.db, "ada", [mine]);
    expect(await readGraph(bundle.db, "bob", mine.id, null)).toBeNull();
    expect(await readGraphs(bundle.db, "bob", [mine])).toEqual([]);
    expect(await findVersion(bundle.db, "bob", mine.id, null)).toBeNull();
    expect(await findSameContent(bundle.db, "bob", mine)).toBeNull();
    expect(await listGraphs(bundle.db, "bob", { limit: 10, cursor: null })).toEqual([]);
  });

  test("are saved all or none, and a taken version is told apart from other faults", async () => {
    await using bundle = await setup();
    const [taken, free] = [graph(), graph()];
    await saveGraphs(bundle.db, "ada", [taken]);
    const error = await saveGraphs(bundle.db, "ada", [free, taken]).catch((thrown: unknown) => thrown);
    expect(isDuplicate(error)).toBe(true);
    expect(await readGraph(bundle.db, "ada", free.id, null)).toBeNull();
    const other = await saveGraphs(bundle.db, "ada", [graph({ version: 0 })]).catch((thrown: unknown) => thrown);
    expect(other).toBeInstanceOf(Error);
    expect(isDuplicate(other)).toBe(false);
  });

  test("are found again by their content", async () => {
    await using bundle = await setup();
    const first = graph();
    const second = { ...first, version: 2, content: "two" };
    await saveGraphs(bundle.db, "ada", [first, second]);
    expect(await findSameContent(bundle.db, "ada", { id: first.id, content: "one" })).toMatchObject({ version: 1 });
    expect(await findSameContent(bundle.db, "ada", { id: first.id, content: "three" })).toBeNull();
  });
});

describe("the list of graphs", () => {
  test("shows the latest version of each, the newest first, in pages without gaps or repeats", async () => {
    await using bundle = await setup();
    const all = [graph(), graph(), graph()];
    for (const one of all) await saveGraphs(bundle.db, "ada", [one]);
    const [oldest] = all;
    if (!oldest) throw new Error("no graph");
    await saveGraphs(bundle.db, "ada", [{ ...oldest, version: 2 }]);
    const first = await listGraphs(bundle.db, "ada", { limit: 2, cursor: null });
    const last = first[1];
    if (!last) throw new Error("no second graph");
    const rest = await listGraphs(bundle.db, "ada", { limit: 2, cursor: last });
    expect([...first, ...rest].map(({ id, version }) => [id, version])).toEqual([
      [all[0]?.id, 2],
      [all[2]?.id, 1],
      [all[1]?.id, 1],
    ]);
  });
});
