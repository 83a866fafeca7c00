import { TreelineError } from "./errors";

declare const brand: unique symbol;
type Id<Kind extends string> = string & { readonly [brand]: Kind };

export type GraphId = Id<"graph">;
export type ExecutionId = Id<"execution">;
export type NodeExecutionId = Id<"nodeExecution">;
export type StopId = Id<"stop">;

const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Ids we mint are UUIDv7, so ids of one kind sort by creation. A text that is none cannot name anything we hold: `not_found`
 * (API.md: a malformed id in a path).
 */
function parser<Kind extends string>(kind: Kind): (text: string) => Id<Kind> {
  return (text) => {
    if (!uuid7.test(text))
      throw new TreelineError("not_found", `no ${kind} has the id "${text.slice(0, 64)}": ids are UUIDv7`);
    return text as Id<Kind>; // the only cast; everyone else comes through here
  };
}

/** For a text that may name something of ours and need not, such as the id of a graph inside a request. */
export function isUuid7(text: string): boolean {
  return uuid7.test(text);
}

export const parseGraphId = parser("graph");
export const parseExecutionId = parser("execution");
export const parseNodeExecutionId = parser("nodeExecution");
export const parseStopId = parser("stop");
