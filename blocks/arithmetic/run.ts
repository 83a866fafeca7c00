import { isObject } from "../../graph/json";
import type { Json } from "../../graph/json";
import type { InlineBlock } from "../block";
import { readAny, readBoolean, readChoice, readNumber } from "../inputs";
import { jsonNumber, roundHalfToEven } from "../numbers";
import { countCodePoints } from "../texts";
import * as definitions from "./definition";

const operations = ["Add", "Subtract", "Multiply", "Divide", "Power"] as const;

const calculator: InlineBlock = {
  definition: definitions.calculator,
  run: (inputs) => {
    const operation = readChoice(inputs, "operation", operations);
    const [a, b] = [readNumber(inputs, "a"), readNumber(inputs, "b")];
    if (dividesByZero(operation, a, b)) return [{ pin: "result", value: jsonNumber(Infinity) }];
    const exact = calculate(operation, a, b);
    return [
      { pin: "result", value: jsonNumber(readBoolean(inputs, "round_result", false) ? roundHalfToEven(exact) : exact) },
    ];
  },
};

type Operation = (typeof operations)[number];

/** Infinity whatever the sign of a, 0 / 0 included; a negative power of 0 divides by it too. */
function dividesByZero(operation: Operation, a: number, b: number): boolean {
  return (operation === "Divide" && b === 0) || (operation === "Power" && a === 0 && b < 0);
}

function calculate(operation: Operation, a: number, b: number): number {
  switch (operation) {
    case "Add":
      return a + b;
    case "Subtract":
      return a - b;
    case "Multiply":
      return a * b;
    case "Divide":
      return a / b;
    case "Power":
      return power(a, b);
  }
}

/** As floats in Python: 1 to any power and -1 to an infinite one are 1, and a power of finite numbers that overflows is NaN. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  const result = a ** b;
  return Number.isFinite(a) && Number.isFinite(b) && !Number.isFinite(result) ? NaN : result;
}

const countItems: InlineBlock = {
  definition: definitions.countItems,
  run: (inputs) => [{ pin: "count", value: count(readAny(inputs, "collection")) }],
};

function count(collection: Json): number {
  if (typeof collection === "string") return countCodePoints(collection);
  if (Array.isArray(collection)) return collection.length;
  return isObject(collection) ? Object.keys(collection).length : -1;
}

export const arithmeticBlocks: readonly InlineBlock[] = [calculator, countItems];
