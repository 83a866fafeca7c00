import { BlockFailure } from "../block";
import type { Block, Inputs, RemoteBlock } from "../block";
import { invalid, readAny, readChoice, readText } from "../inputs";
import * as definitions from "./definition";

/** Bytes. Postgres indexes up to 2,704. */
const longestKey = 1_000;
/** What Postgres cannot hold in a text. */
const unwritable = /\0|\p{Surrogate}/u;

function placeOf(inputs: Inputs) {
  const key = readText(inputs, "key");
  if (key === "" || Buffer.byteLength(key) > longestKey) throw invalid(`key must have 1 to ${longestKey} bytes`);
  if (unwritable.test(key)) throw invalid("key must not hold U+0000 or half a character");
  return { key, scope: readChoice(inputs, "scope", definitions.scopes, "within_agent") };
}

/** Reading and writing once more changes nothing, so a database that is away is asked again. */
async function ask<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch {
    throw new BlockFailure("memory_unavailable", "the memory did not answer", { retryable: true });
  }
}

const attempts = 3;

const persistInformation: RemoteBlock = {
  definition: definitions.persistInformation,
  attempts,
  run: async (inputs, { memory }) => {
    const { key, scope } = placeOf(inputs);
    const value = readAny(inputs, "value");
    await ask(memory.write(scope, key, value));
    return [{ pin: "value", value }];
  },
};

const retrieveInformation: RemoteBlock = {
  definition: definitions.retrieveInformation,
  attempts,
  run: async (inputs, { memory }) => {
    const { key, scope } = placeOf(inputs);
    const found = await ask(memory.read(scope, key));
    return [{ pin: "value", value: found === undefined ? (inputs["default_value"] ?? null) : found }];
  },
};

export const memoryBlocks: readonly Block[] = [persistInformation, retrieveInformation];
