import type { Node, Value } from "@huggingface/jinja";

/** The parts of Jinja's syntax that are looked into here; of the others only the type matters. */
export type Statement =
  | Name
  | { readonly type: "MemberExpression"; readonly object: Statement; readonly property: Statement }
  | {
      readonly type: "BinaryExpression";
      readonly operator: { readonly value: string };
      readonly left: Statement;
      readonly right: Statement;
    }
  | Call
  | Filter
  | Keyword
  | { readonly type: "Set"; readonly assignee: Name; readonly body: readonly Statement[] }
  | Evaluated
  | { readonly type: OtherType };

type Name = { readonly type: "Identifier"; readonly value: string };
export type Call = { readonly type: "CallExpression"; readonly callee: Statement; readonly args: readonly Statement[] };
export type Filter = { readonly type: "FilterExpression"; readonly operand: Statement; readonly filter: Name | Call };
export type Keyword = { readonly type: "KeywordArgumentExpression"; readonly key: Name; readonly value: Statement };

/** Ours: stands in the place of a node whose value is known. */
export type Evaluated = { readonly type: "Evaluated"; readonly value: Value };

// prettier-ignore
type OtherType =
  | "Program"
  | "If"
  | "For"
  | "Macro"
  | "CallStatement"
  | "FilterStatement"
  | "Break"
  | "Continue"
  | "Comment"
  | "StringLiteral"
  | "IntegerLiteral"
  | "FloatLiteral"
  | "ArrayLiteral"
  | "TupleLiteral"
  | "ObjectLiteral"
  | "UnaryExpression"
  | "TestExpression"
  | "SelectExpression"
  | "SliceExpression"
  | "SpreadExpression"
  | "KeywordSpreadExpression"
  | "Ternary";

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** A node and all below it. */
export function* nodesIn(value: unknown): Iterable<Node> {
  if (isNode(value)) {
    yield value;
    for (const field of Object.values(value)) yield* nodesIn(field);
  } else if (Array.isArray(value) || value instanceof Map) {
    for (const item of value) yield* nodesIn(item);
  }
}
