import type { GraphLink } from "./definition";
import { isObject, own } from "./json";
import type { Json } from "./json";
import { open } from "./large";
import { parseToolPin, stepsAfter, toolPin, toolsPin } from "./pins";
import type { PinStep } from "./pins";

/**
 * What a link takes of the values of an output pin: the steps into a value, none for all of it. `null`: it takes nothing. A
 * tool's argument goes to the links whose sink node and sink pin it names, whatever their selector calls the tool.
 */
export function selectionOf({ sourceName, sinkId, sinkName }: GraphLink, pin: string): readonly PinStep[] | null {
  if (!sourceName.startsWith(toolsPin)) return stepsAfter(pin, sourceName);
  const isLegacyTool = parseToolPin(sourceName) !== null;
  if ((isLegacyTool || sourceName === toolsPin) && pin === toolPin(sinkId, sinkName)) return [];
  return isLegacyTool ? null : stepsAfter(pin, sourceName);
}

/** The part of a value, or of what it stands for, that the steps lead to; `undefined` where they lead nowhere, or to null: then the link does not fire. */
export function select(value: Json, steps: readonly PinStep[]): Json | undefined {
  let part: Json | undefined = steps.length > 0 ? open(value) : value;
  for (const { by, token } of steps) {
    if (by === "index") part = Array.isArray(part) ? (part as readonly Json[])[Number(token)] : undefined;
    else part = isObject(part) ? own(part, token) : undefined;
  }
  return part === null && steps.length > 0 ? undefined : part;
}
