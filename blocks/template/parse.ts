import { parse, tokenize } from "@huggingface/jinja";
import type { Node, Program } from "@huggingface/jinja";
import { BlockFailure, isBlockFailure } from "../block";
import { filterNames } from "./filters";
import { isNode, nodesIn } from "./nodes";

export type Template = {
  readonly program: Program;
  /** The expressions between `{{` and `}}`. */
  readonly printed: ReadonlySet<unknown>;
  /** What `for` loops run over. */
  readonly looped: ReadonlySet<unknown>;
  /** Only names, attributes, subscripts and literals: it takes no longer than it is long. */
  readonly isPlain: boolean;
};

/** A node renders the same template each time, and parsing takes longer than rendering: the last ones are kept. */
const kept = new Map<string, Template>();
const mostKept = 256;
const longestKept = 8192;

/** Throws `BlockFailure` `template_error` for a syntax error and for a filter that is missing here. */
export function parseTemplate(format: string): Template {
  const found = kept.get(format);
  if (found) return found;
  const template = parseAnew(format);
  if (format.length <= longestKept) kept.set(format, template);
  const [oldest] = kept.keys();
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
  return template;
}

function parseAnew(format: string): Template {
  // The tokenizer drops {% generation %}, a tag of chat templates; here it is unknown like any other.
  if (/\{%-?\s*(end)?generation\b/.test(format)) throw templateError("there is no tag 'generation'");
  try {
    const program = parse(tokenize(format));
    const nodes = [...nodesIn(program)];
    for (const node of nodes) refuseMissingFilter(node);
    return {
      program,
      printed: new Set(nodes.flatMap(printedBy)),
      looped: new Set(nodes.flatMap(loopedBy)),
      isPlain: nodes.every((node) => plainTypes.has(node.type)),
    };
  } catch (error) {
    // The parser looks at the token after the last one without asking whether there is one.
    throw error instanceof TypeError ? templateError("the template ends within a tag or a block") : asFailure(error);
  }
}

export function templateError(message: string): BlockFailure {
  return new BlockFailure("template_error", message);
}

/** What the package throws are plain errors; a `RangeError` is the engine's, out of stack or of length for a text. */
export function asFailure(error: unknown): BlockFailure {
  if (isBlockFailure(error)) return error;
  if (error instanceof RangeError) return templateError("the template nests too deeply or makes too long a text");
  return templateError(error instanceof Error ? error.message : String(error));
}

const plainTypes = new Set([
  ...["Program", "Comment", "Identifier", "MemberExpression"],
  ...["StringLiteral", "IntegerLiteral", "FloatLiteral"],
]);

const statementTypes = new Set([
  ...["Set", "If", "For", "Macro", "CallStatement", "FilterStatement", "Break", "Continue", "Comment"],
  "StringLiteral", // the text around the tags
]);

function printedBy(node: Node): unknown[] {
  const bodies = [node["body"], node["alternate"], node["defaultBlock"]].filter(Array.isArray).flat();
  return bodies.filter((child) => isNode(child) && !statementTypes.has(child.type));
}

function loopedBy(node: Node): unknown[] {
  if (node.type !== "For" || !isNode(node["iterable"])) return [];
  const iterable = node["iterable"];
  return iterable.type === "SelectExpression" ? [iterable["lhs"]] : [iterable];
}

function refuseMissingFilter(node: Node): void {
  if (node.type !== "FilterExpression" && node.type !== "FilterStatement") return;
  const filter =
    isNode(node["filter"]) && node["filter"].type === "CallExpression" ? node["filter"]["callee"] : node["filter"];
  const name = isNode(filter) ? String(filter["value"]) : "";
  if (!filterNames.has(name)) throw templateError(`there is no filter '${name}'`);
}
