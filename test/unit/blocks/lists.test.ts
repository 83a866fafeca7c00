import type { Json } from "../../../graph/json";
import { failBlock, runBlock } from "./run-block";

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

describe("FindInList", () => {
  test("emits the first index, then that it was found", () => {
    expect(runBlock("FindInList", { list: ["a", "b", "b"], value: "b" })).toEqual([
      ["index", 1],
      ["found", true],
    ]);
  });

  test("emits that it was not found, then the value", () => {
    expect(runBlock("FindInList", { list: [1, 2], value: "1" })).toEqual([
      ["found", false],
      ["not_found_value", "1"],
    ]);
    expect(runBlock("FindInList", { list: [], value: null })).toEqual([
      ["found", false],
      ["not_found_value", null],
    ]);
  });

  test.each<[Json[], Json, number]>([
    [[0, true], 1, 1],
    [[0, 1], true, 1],
    [["x", null], null, 1],
    [[{ a: 1 }, { b: [2], a: 1 }], { a: true, b: [2] }, 1],
  ])("looks in %j for %j as Python compares", (list, value, index) => {
    expect(runBlock("FindInList", { list, value })[0]).toEqual(["index", index]);
  });
});

describe("GetListItem", () => {
  test.each<[number, Json]>([
    [0, "a"],
    [1, null],
    [-1, "c"],
    [-3, "a"],
  ])("takes item %j", (index, item) => {
    expect(runBlock("GetListItem", { list: ["a", null, "c"], index })).toEqual([["item", item]]);
  });

  test.each([3, -4])("fails at index %j, where there is none", (index) => {
    expect(failBlock("GetListItem", { list: ["a", "b", "c"], index })).toMatchObject({
      code: "index_out_of_range",
      message: `the list has 3 items, none at index ${index}`,
    });
  });
});

describe("RemoveFromList", () => {
  const list = ["a", 1, "a", null];

  test("removes the item at an index, before any value", () => {
    expect(runBlock("RemoveFromList", { list, index: -2, value: 1 })).toEqual([["updated_list", ["a", 1, null]]]);
    expect(runBlock("RemoveFromList", { list, index: 0 })).toEqual([["updated_list", [1, "a", null]]]);
    expect(list).toHaveLength(4);
  });

  test("removes the first equal item, and emits it if asked", () => {
    expect(runBlock("RemoveFromList", { list, value: "a" })).toEqual([["updated_list", [1, "a", null]]]);
    expect(runBlock("RemoveFromList", { list, value: true, return_item: true })).toEqual([
      ["updated_list", ["a", "a", null]],
      ["removed_item", 1],
    ]);
    expect(runBlock("RemoveFromList", { list, index: 3, return_item: true })[1]).toEqual(["removed_item", null]);
  });

  test("fails where the item is absent, and where none is named", () => {
    expect(failBlock("RemoveFromList", { list, value: "z" }).code).toBe("item_absent");
    expect(failBlock("RemoveFromList", { list, index: 4 }).code).toBe("index_out_of_range");
    expect(failBlock("RemoveFromList", { list, value: null }).message).toBe("index or value is required");
  });
});

describe("ReplaceListItem", () => {
  test("emits a copy with the new item, then the old one", () => {
    const list = ["a", "b", "c"];
    expect(runBlock("ReplaceListItem", { list, index: -2, value: null })).toEqual([
      ["updated_list", ["a", null, "c"]],
      ["old_item", "b"],
    ]);
    expect(list[1]).toBe("b");
  });

  test("fails where there is no item", () => {
    expect(failBlock("ReplaceListItem", { list: [], index: 0, value: 1 }).code).toBe("index_out_of_range");
  });
});

test("ListIsEmpty tells whether there are items", () => {
  expect(runBlock("ListIsEmpty", { list: [] })).toEqual([["is_empty", true]]);
  expect(runBlock("ListIsEmpty", { list: [null] })).toEqual([["is_empty", false]]);
});

test("ReverseListOrder turns a copy round", () => {
  const list = [1, "b", null];
  expect(runBlock("ReverseListOrder", { input_list: list })).toEqual([["reversed_list", [null, "b", 1]]]);
  expect(list).toEqual([1, "b", null]);
});
