import type { Emission } from "../../../graph/definition";
import type { Json } from "../../../graph/json";
import type { RandomGraph } from "./random-graphs";

type Row = {
  readonly node: string;
  readonly brought: Map<string, Json>;
  used: Map<string, Json> | null;
  queued: number;
};

/** The rules of delivery once more, as a table of rows that is searched: slow and plain. Constants and folding are left out. */
export function referenceTable({ links }: RandomGraph) {
  const rows: Row[] = [];
  let queued = 0;

  const queueIfComplete = (row: Row): boolean => {
    const inbound = links.filter((link) => link.sinkId === row.node);
    const last = rows.filter((other) => other.node === row.node && other.used).sort((x, y) => y.queued - x.queued)[0];
    const used = new Map(row.brought);
    for (const { sinkName, isStatic } of inbound) {
      const kept = last?.used?.get(sinkName);
      if (isStatic && !used.has(sinkName) && kept !== undefined) used.set(sinkName, kept);
    }
    if (!inbound.every((link) => used.has(link.sinkName))) return false;
    row.used = used;
    row.queued = ++queued;
    return true;
  };

  return {
    /** Answers what became ready, as [node, linked inputs]. */
    emit(node: string, { pin, value }: Emission): [string, Map<string, Json>][] {
      const before = queued;
      for (const link of links.filter((one) => one.sourceId === node && one.sourceName === pin)) {
        const waiting = () => rows.filter((one) => one.node === link.sinkId && !one.used);
        let row = waiting().find((one) => !one.brought.has(link.sinkName));
        if (!row) rows.push((row = { node: link.sinkId, brought: new Map(), used: null, queued: 0 }));
        row.brought.set(link.sinkName, value);
        if (queueIfComplete(row) && link.isStatic) waiting().forEach(queueIfComplete);
      }
      const fresh = rows.filter((row) => row.queued > before).sort((x, y) => x.queued - y.queued);
      return fresh.map((row) => [row.node, row.used ?? new Map()]);
    },
    /** What still waits, oldest first. */
    left: (node: string) => rows.filter((row) => row.node === node && !row.used).map((row) => row.brought),
  };
}
