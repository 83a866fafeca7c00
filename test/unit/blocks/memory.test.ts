import type { BlockContext } from "../../../blocks/block";
import { contextOf, runRemote } from "./run-block";

/** Nodes that share one memory. */
function setup() {
  const { memory } = contextOf();
  const persist = (key: string, value: unknown, scope?: string) =>
    runRemote("PersistInformation", { key, value: value as null, ...(scope ? { scope } : {}) }, { memory });
  const retrieve = (key: string, more = {}) => runRemote("RetrieveInformation", { key, ...more }, { memory });
  return { persist, retrieve };
}

test("what is kept is emitted, and found later", async () => {
  const { persist, retrieve } = setup();
  expect(await persist("a", { b: [1] })).toEqual([["value", { b: [1] }]]);
  expect(await persist("a", 2)).toEqual([["value", 2]]);
  expect(await retrieve("a")).toEqual([["value", 2]]);
});

test("the default, or null, stands for what is not kept; a kept null does not", async () => {
  const { persist, retrieve } = setup();
  expect(await retrieve("a")).toEqual([["value", null]]);
  expect(await retrieve("a", { default_value: 5 })).toEqual([["value", 5]]);
  await persist("a", null);
  expect(await retrieve("a", { default_value: 5 })).toEqual([["value", null]]);
});

test("the two scopes are apart", async () => {
  const { persist, retrieve } = setup();
  await persist("a", "mine");
  await persist("a", "all", "across_agents");
  expect(await retrieve("a")).toEqual([["value", "mine"]]);
  expect(await retrieve("a", { scope: "across_agents" })).toEqual([["value", "all"]]);
});

test.each([
  ["", "key must have 1 to 1000 bytes"],
  ["é".repeat(501), "key must have 1 to 1000 bytes"],
  ["a\0b", "key must not hold U+0000 or half a character"],
  ["a\ud800b", "key must not hold U+0000 or half a character"],
])("the key %j is refused", async (key, message) => {
  await expect(setup().retrieve(key)).rejects.toMatchObject({ code: "invalid_input", message });
});

test("a memory that does not answer is asked again", async () => {
  const away: BlockContext["memory"] = {
    read: () => Promise.reject(new Error("connect ECONNREFUSED 10.0.0.1:5432")),
    write: () => Promise.reject(new Error("connect ECONNREFUSED 10.0.0.1:5432")),
  };
  const failure = { code: "memory_unavailable", message: "the memory did not answer", retryable: true };
  await expect(runRemote("RetrieveInformation", { key: "a" }, { memory: away })).rejects.toMatchObject(failure);
  await expect(runRemote("PersistInformation", { key: "a", value: 1 }, { memory: away })).rejects.toMatchObject(
    failure,
  );
});
