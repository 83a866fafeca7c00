import type { Database } from "../db/client";
import { readDefinition } from "../db/graphs";
import { readHead, type Head } from "../db/state";
import type { BlockCatalog } from "../graph/block";
import { compileGraph, type CompiledGraph } from "../graph/compile";
import { TreelineError } from "../graph/errors";
import type { ExecutionId, GraphId } from "../graph/ids";

/** What never changes about an execution. */
export type Place = Pick<Head, "id" | "rootId" | "ownerId" | "ancestors" | "graphId" | "graphVersion">;

/** Graph versions and places of executions are immutable, so they are kept; the oldest go first at these sizes. */
const graphsKept = 500;
const placesKept = 20_000;

export type Definitions = {
  graph(id: GraphId, version: number): Promise<CompiledGraph>;
  place(executionId: ExecutionId): Promise<Place>;
  remember(place: Place): void;
};

export function createDefinitions(db: Database, catalog: BlockCatalog): Definitions {
  const compiled = new Map<string, Promise<CompiledGraph>>();
  const places = new Map<ExecutionId, Place>();

  async function load(id: GraphId, version: number): Promise<CompiledGraph> {
    const definition = await readDefinition(db, { id, version });
    if (!definition) throw new TreelineError("not_found", `no graph ${id} version ${version}`);
    return compileGraph(definition, catalog);
  }

  const remember = ({ id, rootId, ownerId, ancestors, graphId, graphVersion }: Place): void => {
    places.set(id, { id, rootId, ownerId, ancestors, graphId, graphVersion });
    dropOldest(places, placesKept);
  };

  return {
    remember,
    graph(id, version) {
      const key = `${id}:${version}`;
      const found = compiled.get(key);
      if (found) return found;
      const loading = load(id, version);
      compiled.set(key, loading);
      loading.catch(() => compiled.delete(key));
      dropOldest(compiled, graphsKept);
      return loading;
    },
    async place(executionId) {
      const known = places.get(executionId);
      if (known) return known;
      const head = await readHead(db, executionId);
      if (!head) throw new TreelineError("not_found", `no execution ${executionId}`);
      remember(head);
      return head;
    },
  };
}

function dropOldest(map: Map<unknown, unknown>, kept: number): void {
  if (map.size <= kept) return;
  const [oldest] = map.keys();
  map.delete(oldest);
}
