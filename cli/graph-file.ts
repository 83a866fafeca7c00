import { readFileSync } from "node:fs";
import type { Graph, ImportedGraph } from "./answers";
import type { Api } from "./client";
import { Failure } from "./failure";

/** Saves the graph of a file: in Treeline's form, or in AutoGPT's export form. */
export async function saveFile(api: Api, path: string): Promise<Graph | ImportedGraph> {
  const file = readJson(path);
  return isExport(file) ? api.importGraph(file) : api.saveGraph(file);
}

/** Throws a `Failure`: `not_found` or `refused`. */
function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new Failure(isAbsent ? "not_found" : "refused", `${path} cannot be read`, {
      details: [isAbsent ? "there is no such file" : String(cause)],
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure("refused", `${path} is not JSON`, { details: [String(cause)], cause });
  }
}

/** The export form is in snake_case. */
function isExport(file: unknown): boolean {
  if (typeof file !== "object" || file === null) return false;
  const { nodes, links } = file as { nodes?: unknown; links?: unknown };
  return "sub_graphs" in file || anyHas(nodes, "block_id") || anyHas(links, "source_id");
}

function anyHas(items: unknown, key: string): boolean {
  return Array.isArray(items) && items.some((item) => typeof item === "object" && item !== null && key in item);
}
