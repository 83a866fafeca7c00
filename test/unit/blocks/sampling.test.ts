import type { Inputs } from "../../../blocks/block";
import type { Json } from "../../../graph/json";
import { runRemote } from "./run-block";

/** What was taken, and where it stood; a seed makes it repeat itself. */
async function sample(data: Json, inputs: Inputs = {}) {
  const emitted = await runRemote("DataSampling", { data, ...inputs });
  expect(emitted.map(([pin]) => pin)).toEqual(["sampled_data", "sample_indices"]);
  const [taken, indices] = emitted.map(([, value]) => value) as [Json[], number[]];
  const list = Array.isArray(data) ? data : [data];
  expect(taken).toEqual(indices.map((i) => list[i]));
  return indices;
}

const numbers = Array.from({ length: 100 }, (_, i) => i);
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
const by = (sampling_method: string, more: Inputs = {}) => ({ sampling_method, ...more });
const ascending = (indices: readonly number[]) => indices.toSorted((a, b) => a - b);

test("random takes 10 different items by default, others with another seed, the same with the same", async () => {
  const taken = await Promise.all(seeds.map((random_seed) => sample(numbers, { random_seed })));
  for (const one of taken) expect(new Set(one).size).toBe(10);
  expect(new Set(taken.map((one) => one.join())).size).toBe(seeds.length);
  expect(await sample(numbers, { random_seed: 3 })).toEqual(taken[2]);
  expect(new Set((await sample(numbers)).map(Number)).size).toBe(10);
});

test("an object counts as a list of one", async () => {
  expect(await sample({ a: 1 }, { sample_size: 1 })).toEqual([0]);
});

test("the whole list can be taken, or nothing", async () => {
  expect(ascending(await sample(numbers, { sample_size: 100 }))).toEqual(numbers);
  expect(await sample(numbers, { sample_size: 0 })).toEqual([]);
});

test.each([
  ["top", [0, 1, 2]],
  ["bottom", [97, 98, 99]],
])("%s takes %j", async (method, indices) => {
  expect(await sample(numbers, by(method, { sample_size: 3 }))).toEqual(indices);
});

test("systematic takes every n-th from a random beginning", async () => {
  const begins = new Set<number>();
  for (const random_seed of seeds) {
    const indices = await sample(numbers, by("systematic", { sample_size: 4, random_seed }));
    const [first = -1] = indices;
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThan(25);
    expect(indices).toEqual([first, first + 25, first + 50, first + 75]);
    begins.add(first);
  }
  expect(begins.size).toBeGreaterThan(1);
});

test("reservoir gives every item a chance", async () => {
  const seen = new Set<number>();
  for (let random_seed = 0; random_seed < 200; random_seed += 1) {
    const indices = await sample([0, 1, 2, 3, 4], by("reservoir", { sample_size: 2, random_seed }));
    expect(new Set(indices).size).toBe(2);
    for (const i of indices) seen.add(i);
  }
  expect(ascending([...seen])).toEqual([0, 1, 2, 3, 4]);
});

describe("stratified", () => {
  const people = numbers.map((i) => ({ city: i < 70 ? "A" : i < 98 ? "B" : "C" }));

  test("takes in proportion, at least one of each", async () => {
    const indices = await sample(people, by("stratified", { sample_size: 10, stratify_key: "city", random_seed: 1 }));
    const cities = indices.map((i) => people[i]?.city);
    expect(new Set(indices).size).toBe(10);
    expect(["A", "B", "C"].map((city) => cities.filter((one) => one === city).length)).toEqual([7, 2, 1]);
  });

  test("with more strata than places takes of as many as there are places", async () => {
    const indices = await sample(people, by("stratified", { sample_size: 2, stratify_key: "city", random_seed: 1 }));
    expect(new Set(indices.map((i) => people[i]?.city)).size).toBe(2);
  });

  test("can take all", async () => {
    const indices = await sample(people, by("stratified", { sample_size: 100, stratify_key: "city" }));
    expect(ascending(indices)).toEqual(numbers);
  });
});

test("weighted draws with replacement, by weight", async () => {
  const items = [{ w: 0 }, { w: 1 }, { w: 9 }];
  const counts = [0, 0, 0];
  for (let random_seed = 0; random_seed < 300; random_seed += 1) {
    for (const i of await sample(items, by("weighted", { sample_size: 3, weight_key: "w", random_seed }))) {
      counts[i] = (counts[i] ?? 0) + 1;
    }
  }
  const [none = 0, light = 0, heavy = 0] = counts;
  expect(none).toBe(0);
  expect(light).toBeGreaterThan(45); // 90 of 900 are expected
  expect(light).toBeLessThan(160);
  expect(heavy).toBe(900 - light);
});

test("cluster takes whole clusters, then cuts", async () => {
  const items = ["a", "a", "b", "b", "b", "c", "c"].map((c) => ({ c }));
  const runs = await Promise.all(
    seeds.map((random_seed) => sample(items, by("cluster", { sample_size: 4, cluster_key: "c", random_seed }))),
  );
  const first = { a: [0, 1], b: [2, 3, 4], c: [5, 6] } as const;
  for (const indices of runs) {
    const whole = first[items[indices[0] ?? 0]?.c as "a" | "b" | "c"];
    expect(indices.slice(0, whole.length)).toEqual(whole);
    expect(new Set(indices).size).toBe(4);
  }
  expect(new Set(runs.map((indices) => indices[0])).size).toBeGreaterThan(1);
});

test.each<[Inputs, string]>([
  [{ sample_size: 4 }, "sample_size 4 is over the 3 items that there are"],
  [{ sample_size: -1 }, "sample_size must not be negative"],
  [by("stratified", { sample_size: 1 }), "stratify_key is required"],
  [by("weighted", { sample_size: 1, weight_key: "w" }), 'item 0 has no "w", which weight_key names'],
  [by("cluster", { sample_size: 1, cluster_key: "z" }), 'item 2 has no "z", which cluster_key names'],
  [by("weighted", { sample_size: 1, weight_key: "n" }), "every weight must be a number from 0"],
  [by("weighted", { sample_size: 1, weight_key: "zero" }), "every weight is 0"],
  [by("guess", { sample_size: 1 }), "sampling_method must be one of random, systematic, top, bottom,"],
])("%j fails: %s", async (inputs, message) => {
  const data = [
    { z: 1, n: "x", zero: 0 },
    { z: 2, n: 1, zero: 0 },
    { n: 2, zero: 0 },
  ];
  await expect(sample(data, inputs)).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining(message),
  });
});

test("accumulate says that it is not supported", async () => {
  await expect(sample(numbers, { accumulate: true })).rejects.toMatchObject({ code: "not_supported" });
});
