import { failBlock, runBlock } from "./run-block";
import type { Json } from "../../../graph/json";

describe("FindInDictionary", () => {
  test("finds the value of a key, null included", () => {
    expect(runBlock("FindInDictionary", { input: { a: 1, b: null }, key: "a" })).toEqual([["output", 1]]);
    expect(runBlock("FindInDictionary", { input: { a: 1, b: null }, key: "b" })).toEqual([["output", null]]);
    expect(runBlock("FindInDictionary", { input: { "5": "five" }, key: 5 })).toEqual([["output", "five"]]);
  });

  test("finds the item of a list, but not from its end", () => {
    expect(runBlock("FindInDictionary", { input: ["a", "b"], key: 1 })).toEqual([["output", "b"]]);
    expect(runBlock("FindInDictionary", { input: ["a", "b"], key: -1 })).toEqual([["missing", ["a", "b"]]]);
    expect(runBlock("FindInDictionary", { input: ["a", "b"], key: 2 })).toEqual([["missing", ["a", "b"]]]);
  });

  test("finds the values of a key in the objects of a list", () => {
    const input = [{ k: 1 }, { other: 2 }, "text", { k: null }];
    expect(runBlock("FindInDictionary", { input, key: "k" })).toEqual([["output", [1, null]]]);
    expect(runBlock("FindInDictionary", { input: [], key: "k" })).toEqual([["output", []]]);
  });

  test("parses a text, and gives it back as it was where nothing is found", () => {
    expect(runBlock("FindInDictionary", { input: '{"a": [1]}', key: "a" })).toEqual([["output", [1]]]);
    expect(runBlock("FindInDictionary", { input: '{"a": 1}', key: "b" })).toEqual([["missing", '{"a": 1}']]);
    expect(failBlock("FindInDictionary", { input: "no json", key: "b" }).code).toBe("invalid_input");
  });

  test("does not find what every object inherits", () => {
    expect(runBlock("FindInDictionary", { input: {}, key: "constructor" })).toEqual([["missing", {}]]);
  });
});

describe("RemoveFromDictionary", () => {
  const dictionary = { a: 1, b: null, c: 3 };

  test("emits the rest, then the value removed if asked", () => {
    expect(runBlock("RemoveFromDictionary", { dictionary, key: "b" })).toEqual([
      ["updated_dictionary", { a: 1, c: 3 }],
    ]);
    expect(runBlock("RemoveFromDictionary", { dictionary, key: "b", return_value: true })).toEqual([
      ["updated_dictionary", { a: 1, c: 3 }],
      ["removed_value", null],
    ]);
    expect(dictionary).toHaveProperty("b");
  });

  test("fails where the key is absent", () => {
    expect(failBlock("RemoveFromDictionary", { dictionary, key: "z" })).toMatchObject({
      code: "key_absent",
      message: 'the dictionary has no key "z"',
    });
    expect(failBlock("RemoveFromDictionary", { dictionary, key: "toString" }).code).toBe("key_absent");
  });
});

describe("CreateList", () => {
  function create(values: Json, limits = {}) {
    return runBlock("CreateList", { values, ...limits });
  }

  test("emits all values as one list, and one empty list for none", () => {
    expect(create([5, null, 9])).toEqual([["list", [5, null, 9]]]);
    expect(create([])).toEqual([["list", []]]);
  });

  test("emits a list for each chunk of at most max_size", () => {
    expect(create([1, 2, 3, 4, 5], { max_size: 2 })).toEqual([
      ["list", [1, 2]],
      ["list", [3, 4]],
      ["list", [5]],
    ]);
  });

  test("keeps both limits", () => {
    const word = "x".repeat(40); // about 10 tokens
    expect(create([word, word, word, 1, 2, 3], { max_tokens: 20, max_size: 3 }).map(([, list]) => list)).toEqual([
      [word, word],
      [word, 1, 2],
      [3],
    ]);
  });

  test("gives a value that is over max_tokens by itself a list of its own", () => {
    const long = "x".repeat(400);
    expect(create(["a", long, "b"], { max_tokens: 10 }).map(([, list]) => list)).toEqual([["a"], [long], ["b"]]);
  });

  test("refuses a limit below 1", () => {
    expect(failBlock("CreateList", { values: [1], max_size: 0 }).message).toBe("max_size must be at least 1");
  });
});

describe("AddToList", () => {
  function add(inputs: { readonly [pin: string]: Json }) {
    return runBlock("AddToList", inputs)[0]?.[1];
  }

  test("adds entries, then the entry, at the end of a copy", () => {
    const list = [1];
    expect(add({ list, entry: 4, entries: [2, 3] })).toEqual([1, 2, 3, 4]);
    expect(list).toEqual([1]);
    expect(add({ entry: "first" })).toEqual(["first"]);
  });

  test("adds no null entry, but any other empty one", () => {
    expect(add({ list: [1], entry: null })).toEqual([1]);
    expect(add({ list: [1], entry: 0 })).toEqual([1, 0]);
    expect(add({ list: [1], entry: "" })).toEqual([1, ""]);
  });

  test.each<[Json, Json[]]>([
    [0, ["n", "a", "b", "c"]],
    [1, ["a", "n", "b", "c"]],
    [-1, ["a", "b", "n", "c"]],
    [-3, ["n", "a", "b", "c"]],
    [-99, ["n", "a", "b", "c"]],
    [99, ["a", "b", "c", "n"]],
    ["1", ["a", "n", "b", "c"]],
    [null, ["a", "b", "c", "n"]],
  ])("adds at position %j as a slice does", (position, updated) => {
    expect(add({ list: ["a", "b", "c"], entry: "n", position })).toEqual(updated);
  });

  test("fails for a list that is none", () => {
    expect(failBlock("AddToList", { list: "abc", entry: 1 }).message).toBe("list must be a list, not a text");
  });
});
