import { boolean, define, emitted, integer, list, nullable, oneOf, optional, pins, required, text } from "../pins";

export const methods = [
  ...(["random", "systematic", "top", "bottom"] as const),
  ...(["stratified", "weighted", "reservoir", "cluster"] as const),
] as const;

export const dataSampling = define({
  id: "4a448883-71fa-49cf-91cf-70d793bd7d87",
  name: "DataSampling",
  description: "Takes a sample of a list.",
  placement: "remote",
  inputSchema: pins({
    data: required({ type: ["object", "array"] }, "The list; an object counts as a list of one."),
    sample_size: optional(integer, 10, "How many items to take."),
    sampling_method: optional(oneOf(...methods), "random", "How to choose them."),
    accumulate: optional(boolean, false, "Gather over several runs: not supported."),
    random_seed: optional(nullable(integer), null, "Makes the choice repeat itself; null: another one each time."),
    stratify_key: optional(nullable(text), null, "For stratified: the key of an item that names its stratum."),
    weight_key: optional(nullable(text), null, "For weighted: the key of an item that holds its weight."),
    cluster_key: optional(nullable(text), null, "For cluster: the key of an item that names its cluster."),
  }),
  outputSchema: pins({
    sampled_data: emitted(list, "The items that were taken."),
    sample_indices: emitted(list, "Where they stand in the list."),
  }),
});
