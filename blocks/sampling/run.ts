import { isObject, own } from "../../graph/json";
import type { Json } from "../../graph/json";
import { BlockFailure } from "../block";
import type { Block, Inputs, RemoteBlock } from "../block";
import { invalid, readBoolean, readChoice, readInteger, readText } from "../inputs";
import { dump } from "../texts";
import { clustered, draw, reservoir, seeded, stratified, systematic, weighted } from "./choose";
import type { Random } from "./choose";
import * as definitions from "./definition";

const dataSampling: RemoteBlock = {
  definition: definitions.dataSampling,
  run: async (inputs) => {
    if (readBoolean(inputs, "accumulate", false)) {
      throw new BlockFailure("not_supported", "accumulate is not supported: gather with AddToList and sample the list");
    }
    const data = inputs["data"] ?? null;
    const items: readonly Json[] = Array.isArray(data) ? data : [data];
    const size = readInteger(inputs, "sample_size", 10);
    if (size < 0) throw invalid("sample_size must not be negative");
    if (size > items.length) throw invalid(`sample_size ${size} is over the ${items.length} items that there are`);
    const seed = readInteger(inputs, "random_seed", null);
    const chosen = size === 0 ? [] : choose(inputs, items, size, seed === null ? Math.random : seeded(seed));
    return [
      { pin: "sampled_data", value: chosen.map((i) => items[i] ?? null) },
      { pin: "sample_indices", value: chosen },
    ];
  },
};

function choose(inputs: Inputs, items: readonly Json[], size: number, random: Random): number[] {
  const all = [...items.keys()];
  const method = readChoice(inputs, "sampling_method", definitions.methods, "random");
  switch (method) {
    case "random":
      return draw(all, size, random);
    case "systematic":
      return systematic(items.length, size, random);
    case "top":
      return all.slice(0, size);
    case "bottom":
      return all.slice(-size);
    case "reservoir":
      return reservoir(items.length, size, random);
    case "stratified":
      return stratified(valuesOf(inputs, items, "stratify_key").map(dump), size, random);
    case "cluster":
      return clustered(valuesOf(inputs, items, "cluster_key").map(dump), size, random);
    case "weighted": {
      const weights = valuesOf(inputs, items, "weight_key").map((weight) => {
        if (typeof weight === "number" && weight >= 0) return weight;
        throw invalid("every weight must be a number from 0");
      });
      if (weights.every((weight) => weight === 0)) throw invalid("every weight is 0");
      return weighted(weights, size, random);
    }
  }
}

/** The method's key is required, in every item. */
function valuesOf(inputs: Inputs, items: readonly Json[], pin: string): Json[] {
  const key = readText(inputs, pin);
  return items.map((item, i) => {
    const value = isObject(item) ? own(item, key) : undefined;
    if (value === undefined) throw invalid(`item ${i} has no "${key}", which ${pin} names`);
    return value;
  });
}

export const samplingBlocks: readonly Block[] = [dataSampling];
