import { connect } from "../../db/client";
import { draft, node } from "../unit/graph/fixtures";
import { testDatabase } from "./database";
import { saveGraph, startGraph } from "./factory";

/** The smallest graph: what happens in it the tests write themselves. */
const oneNode = draft([node("n", "StoreValue", { input: 1 })], []);

/** A database of its own with one QUEUED root in it. */
export async function testTree() {
  const { url } = await testDatabase();
  const db = connect(url, { max: 12 });
  const graph = await saveGraph(db, oneNode);
  const root = await startGraph(db, graph);
  return { url, db, graph, root, [Symbol.asyncDispose]: () => db.close() };
}
