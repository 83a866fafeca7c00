import type { BlockCatalog } from "./block";
import type { Fault } from "./errors";
import { isCredentialPin } from "./pins";
import { pointerTo } from "./pointer";
import type { ExportedMember } from "./schema";

/** Plain data of a graph that means nothing here: stored with it, and shown again by an export. */
export const keptFields = [
  "instructions",
  "recommended_schedule_cron",
  "forked_from_id",
  "forked_from_version",
] as const;

/** Fields of the format. Those that are not read are computed anew, copies of others, or of the platform that wrote the file. */
const known = {
  graph: [
    ...["id", "version", "is_active", "name", "description", "nodes", "links", "sub_graphs", "treeline", "is_template"],
    ...["created_at", "user_id", "input_schema", "output_schema", "credentials_input_schema", "trigger_setup_info"],
    ...["has_external_trigger", "has_human_in_the_loop", "has_sensitive_action", "removed", ...keptFields],
  ],
  node: [
    ...["id", "block_id", "input_default", "metadata", "input_links", "output_links", "treeline"],
    ...["graph_id", "graph_version", "webhook_id"],
  ],
  link: ["id", "source_id", "source_name", "sink_id", "sink_name", "is_static"],
} as const satisfies Record<string, readonly string[]>;

/** One warning for each field, at the first place where it is. `at` is the pointer to the graph. */
export function unknownFields(graph: ExportedMember, at: string): Fault[] {
  return [
    ...unknownAmong("graph", [graph], () => at),
    ...unknownAmong("node", graph.nodes, (i) => `${at}/nodes/${i}`),
    ...unknownAmong("link", graph.links ?? [], (i) => `${at}/links/${i}`),
  ];
}

function unknownAmong(what: keyof typeof known, members: readonly object[], pointerOf: (i: number) => string): Fault[] {
  const fields: readonly string[] = known[what];
  const found = new Map<string, { readonly first: number; count: number }>();
  for (const [i, member] of members.entries()) {
    for (const field of Object.keys(member).filter((one) => !fields.includes(one))) {
      const before = found.get(field);
      if (before) before.count++;
      else found.set(field, { first: i, count: 1 });
    }
  }
  return [...found].map(([field, { first, count }]) => ({
    pointer: pointerOf(first) + pointerTo([field]),
    detail: `unknown field of a ${what}, left out${count > 1 ? ` in ${count} places` : ""}`,
  }));
}

/** Nodes that need a credential, or had one where the file was written: no file brings it along. */
export function unconnected(graph: ExportedMember, blocks: BlockCatalog, at: string): Fault[] {
  return graph.nodes.flatMap(({ id, block_id: blockId, input_default: constants }, i) => {
    const block = blocks.get(blockId);
    if (!block) return [];
    const given = Object.entries(constants ?? {}).filter(([, value]) => value !== null && value !== "");
    const pins = [...block.inputSchema.required, ...given.map(([pin]) => pin)].filter(isCredentialPin);
    return [...new Set(pins)].map((pin) => ({
      pointer: `${at}/nodes/${i}/input_default${pointerTo([pin])}`,
      detail: `node "${id}" (${block.name}) needs a credential: to be connected`,
    }));
  });
}
