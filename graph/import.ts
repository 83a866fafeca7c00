import { agentExecutorBlockId } from "./block";
import type { BlockCatalog } from "./block";
import type { GraphDraft, GraphNode } from "./definition";
import type { Fault } from "./errors";
import type { GraphId } from "./ids";
import { isObject, own } from "./json";
import type { Json, JsonObject } from "./json";
import { loopsOnStaticPins } from "./loops";
import { planRegistration } from "./register";
import type { RegisteredGraph, Registration } from "./register";
import { isCredentialPin } from "./pins";
import { renameNodes } from "./rename";
import { keptFields, unconnected, unknownFields } from "./import-warnings";
import type { ExportedGraph, ExportedMember } from "./schema";

export type ImportContext = {
  readonly blocks: BlockCatalog;
  readonly mintGraphId: () => GraphId;
  readonly mintNodeId: () => string;
};

export type Import =
  | {
      readonly ok: true;
      readonly graph: RegisteredGraph;
      readonly subGraphs: readonly RegisteredGraph[];
      /** What works but should be looked at; pointers into the file. */
      readonly warnings: readonly Fault[];
    }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** What the import of an AutoGPT export file stores, with new ids, or every fault in it with pointers into the file. */
export function planImport(file: ExportedGraph, { blocks, mintGraphId, mintNodeId }: ImportContext): Import {
  const draft = draftOf(file, blocks);
  const register = (one: GraphDraft): Registration =>
    planRegistration(one, { blocks, mintGraphId, target: { id: mintGraphId(), version: 1 }, findGraph: () => null });
  const asWritten = register(draft); // faults name nodes as the file does, so their ids are replaced afterwards
  if (!asWritten.ok) return { ok: false, faults: asWritten.faults.map(inFile) };
  const registration = register(renameNodes(draft, mintNodeId));
  if (!registration.ok) return { ok: false, faults: registration.faults.map(inFile) };
  const members = [file, ...(file.sub_graphs ?? [])];
  const warnings = [asWritten.graph, ...asWritten.subGraphs].flatMap(({ definition }, i) => {
    const member = members[i] ?? file;
    const at = i === 0 ? "" : `/sub_graphs/${i - 1}`;
    const loops = loopsOnStaticPins(definition.links, at);
    return [...loops, ...unconnected(member, blocks, at), ...unknownFields(member, at)];
  });
  return { ...registration, warnings };
}

type FileNode = ExportedMember["nodes"][number];

/** The file in Treeline's words, still with its node ids. */
function draftOf(file: ExportedGraph, blocks: BlockCatalog): GraphDraft {
  const members = [file, ...(file.sub_graphs ?? [])];
  const subGraphs = (file.sub_graphs ?? []).map((sub) => graphOf(sub, members, blocks));
  return { ...graphOf(file, members, blocks), subGraphs };
}

function graphOf(graph: ExportedMember, members: readonly ExportedMember[], blocks: BlockCatalog): GraphDraft {
  return {
    ...(graph.id ? { id: nameOf(graph) } : {}),
    name: graph.name,
    description: graph.description ?? "",
    nodes: graph.nodes.map((node) => nodeOf(node, members, blocks)),
    links: (graph.links ?? []).map((link) => ({
      ...(link.id ? { id: link.id } : {}),
      sourceId: link.source_id,
      sourceName: link.source_name,
      sinkId: link.sink_id,
      sinkName: link.sink_name,
      isStatic: link.is_static ?? false,
    })),
    ...(graph.treeline ? { settings: graph.treeline.settings } : {}),
    ...keptOf(graph),
  };
}

function keptOf(graph: ExportedMember): Pick<GraphDraft, "kept"> {
  const kept = keptFields.flatMap((field): [string, Json][] => {
    const value = graph[field] ?? null;
    return value === null ? [] : [[field, value as Json]];
  });
  return kept.length > 0 ? { kept: Object.fromEntries(kept) } : {};
}

/** What graphs of one file name each other by: the file may hold two versions of one id. */
function nameOf({ id, version }: ExportedMember): string {
  return `${id} version ${version ?? 1}`;
}

function nodeOf(node: FileNode, members: readonly ExportedMember[], blocks: BlockCatalog): GraphNode {
  const { position, customized_name: label, ...metadata } = node.metadata ?? {};
  const placed = isObject(position) && typeof position.x === "number" && typeof position.y === "number";
  const { retry, timeout, ordered, lifecycle, map, masks } = node.treeline ?? {};
  return {
    id: node.id,
    blockId: node.block_id,
    constants: constantsOf(node, members, blocks),
    ...(typeof label === "string" && label !== "" ? { label } : {}),
    ...(placed ? { position: { x: Number(position.x), y: Number(position.y) } } : {}),
    ...(retry ? { retry } : {}),
    ...(timeout === undefined ? {} : { timeout }),
    ...(ordered === undefined ? {} : { ordered }),
    ...(lifecycle === undefined ? {} : { lifecycle }),
    ...(map ? { map } : {}),
    ...(masks ? { masks } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}

function constantsOf(node: FileNode, members: readonly ExportedMember[], blocks: BlockCatalog): JsonObject {
  const constants = withoutCredentials(node.input_default ?? {});
  if (node.block_id === agentExecutorBlockId) return nestedConstants(constants, members);
  const pins = blocks.get(node.block_id)?.inputSchema.properties ?? {};
  const { placeholder_values: options, ...others } = constants; // what old files call the options of a drop-down
  const isOld = options !== undefined && own(pins, "options") && !Object.hasOwn(constants, "options");
  return isOld ? { ...others, options } : constants;
}

/** Names of these pins in a file and here; those with null are computed anew or belong to whoever runs the graph. */
const nestedPins = new Map<string, string | null>([
  ["graph_id", "graphId"],
  ["graph_version", "graphVersion"],
  ["nodes_input_masks", "masks"],
  ["user_id", null],
  ["input_schema", null],
  ["output_schema", null],
]);

/** A graph of the file is named as `nameOf` says; the version is only needed where it is not in the file, for the fault. */
function nestedConstants(constants: JsonObject, members: readonly ExportedMember[]): JsonObject {
  const ofId = members.filter(({ id }) => id && id === constants.graph_id);
  const found =
    ofId.find(({ version }) => (version ?? 1) === constants.graph_version) ?? (ofId.length === 1 ? ofId[0] : null);
  return Object.fromEntries(
    Object.entries(constants).flatMap(([pin, value]): [string, Json][] => {
      const name = nestedPins.has(pin) ? nestedPins.get(pin) : pin;
      if (!name || (found && name === "graphVersion")) return [];
      return [[name, found && name === "graphId" ? nameOf(found) : value]];
    }),
  );
}

/** They name what is stored where the file was written. */
function withoutCredentials(constants: JsonObject): JsonObject {
  const isSecret = Object.keys(constants).some(isCredentialPin);
  return isSecret ? Object.fromEntries(Object.entries(constants).filter(([pin]) => !isCredentialPin(pin))) : constants;
}

/** From pointers into a draft to pointers into its file, one after the other. */
const moves: readonly (readonly [RegExp, string])[] = [
  [/^\/subGraphs\//, "/sub_graphs/"],
  [/^(\/sub_graphs\/\d+)?\/settings\//, "$1/treeline/settings/"],
  [/^((?:\/sub_graphs\/\d+)?\/nodes\/\d+)\/(retry|timeout|lifecycle|map|masks)/, "$1/treeline/$2"],
  [/^((?:\/sub_graphs\/\d+)?\/nodes\/\d+)\/blockId$/, "$1/block_id"],
  [/^((?:\/sub_graphs\/\d+)?\/nodes\/\d+)\/constants\//, "$1/input_default/"],
  [/^((?:\/sub_graphs\/\d+)?\/nodes\/\d+\/input_default)\/graphId$/, "$1/graph_id"],
  [/^((?:\/sub_graphs\/\d+)?\/nodes\/\d+\/input_default)\/graphVersion$/, "$1/graph_version"],
  [/^((?:\/sub_graphs\/\d+)?\/links\/\d+\/(?:source|sink))Id$/, "$1_id"],
  [/^((?:\/sub_graphs\/\d+)?\/links\/\d+\/(?:source|sink))Name$/, "$1_name"],
];

function inFile({ pointer, detail }: Fault): Fault {
  return {
    pointer: moves.reduce((path, [from, to]) => path.replace(from, to), pointer),
    detail: detail.replaceAll("/subGraphs/", "/sub_graphs/"),
  };
}
