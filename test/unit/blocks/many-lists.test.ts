import type { Json } from "../../../graph/json";
import { failBlock, runBlock } from "./run-block";

describe("ConcatenateLists", () => {
  const concatenate = (lists: Json, more = {}) => runBlock("ConcatenateLists", { lists, ...more });

  test("puts lists one after the other, then emits the length; null lists are skipped", () => {
    expect(concatenate([[1, [2]], null, [], [1, null]])).toEqual([
      ["concatenated_list", [1, [2], 1, null]],
      ["length", 4],
    ]);
    expect(concatenate([])).toEqual([
      ["concatenated_list", []],
      ["length", 0],
    ]);
  });

  test("keeps the first of equal items, and 1, true and the text 1 apart", () => {
    const lists = [
      [1, true, "1", { a: 1, b: [2] }],
      [true, 1, { b: [2], a: 1 }, { b: [true], a: 1 }, null],
    ];
    expect(concatenate(lists, { deduplicate: true })).toEqual([
      ["concatenated_list", [1, true, "1", { a: 1, b: [2] }, { b: [true], a: 1 }, null]],
      ["length", 6],
    ]);
    expect(concatenate([[1, 2, 1, 3, 2]], { deduplicate: true })[0]?.[1]).toEqual([1, 2, 3]);
  });

  test("keeps an object and the list of its pairs apart", () => {
    const items = [{ a: 1 }, [["a", 1]]];
    expect(concatenate([items], { deduplicate: true })[0]?.[1]).toEqual(items);
  });

  test("leaves out nulls", () => {
    expect(
      concatenate(
        [
          [null, 0],
          ["", null],
        ],
        { remove_none: true },
      )[0]?.[1],
    ).toEqual([0, ""]);
  });

  test("fails for an item that is no list", () => {
    expect(failBlock("ConcatenateLists", { lists: [[1], "x"] })).toMatchObject({
      code: "invalid_input",
      message: "lists must hold lists, not a text (at index 1)",
    });
  });
});

describe("FlattenList", () => {
  const flatten = (nested_list: Json, max_depth = -1) => runBlock("FlattenList", { nested_list, max_depth });

  test("flattens all levels, then emits the length and how deep it was", () => {
    expect(flatten([1, [2, [3, [4]]], []])).toEqual([
      ["flattened_list", [1, 2, 3, 4]],
      ["length", 4],
      ["original_depth", 4],
    ]);
    expect(runBlock("FlattenList", { nested_list: [[1], [[2]]] })[0]).toEqual(["flattened_list", [1, 2]]);
  });

  test("flattens as many levels as asked", () => {
    expect(flatten([1, [2, [3, [4]]]], 1)[0]?.[1]).toEqual([1, 2, [3, [4]]]);
    expect(flatten([1, [2, [3, [4]]]], 0)[0]?.[1]).toEqual([1, [2, [3, [4]]]]);
    expect(flatten([1, [2, [3, [4]]]], 9)[0]?.[1]).toEqual([1, 2, 3, 4]);
  });

  test("counts empty and flat lists as 1 deep, and does not look into objects", () => {
    expect(flatten([])[2]).toEqual(["original_depth", 1]);
    expect(flatten([1, null, "x"])[2]).toEqual(["original_depth", 1]);
    expect(flatten([{ a: [[1]] }])).toEqual([
      ["flattened_list", [{ a: [[1]] }]],
      ["length", 1],
      ["original_depth", 1],
    ]);
  });

  test("takes lists that are 1,000 deep, and fails for deeper ones", () => {
    const nest = (depth: number) => {
      let nested: Json = ["x"];
      for (let i = 1; i < depth; i += 1) nested = [nested];
      return nested;
    };
    expect(flatten(nest(1000))[2]).toEqual(["original_depth", 1000]);
    expect(failBlock("FlattenList", { nested_list: nest(1001) }).message).toBe(
      "nested_list is nested deeper than 1000",
    );
  });

  test("fails for a depth below -1", () => {
    expect(failBlock("FlattenList", { nested_list: [], max_depth: -2 }).message).toBe("max_depth must be -1 or more");
  });
});

describe("InterleaveLists", () => {
  test("takes an item of each in turn to the end, and skips null lists", () => {
    expect(runBlock("InterleaveLists", { lists: [[1, 2, 3], null, ["a"], [], [[true], null]] })).toEqual([
      ["interleaved_list", [1, "a", [true], 2, null, 3]],
      ["length", 6],
    ]);
    expect(runBlock("InterleaveLists", { lists: [] })[1]).toEqual(["length", 0]);
  });

  test("fails for an item that is no list", () => {
    expect(failBlock("InterleaveLists", { lists: [{}] }).code).toBe("invalid_input");
  });
});

describe("ZipLists", () => {
  const lists = [
    [1, 2, 3],
    ["a", "b"],
    [true, false, null],
  ];

  test("goes to the end of the shortest", () => {
    expect(runBlock("ZipLists", { lists })).toEqual([
      [
        "zipped_list",
        [
          [1, "a", true],
          [2, "b", false],
        ],
      ],
      ["length", 2],
    ]);
    expect(runBlock("ZipLists", { lists: [] })).toEqual([
      ["zipped_list", []],
      ["length", 0],
    ]);
  });

  test("pads to the longest, but leaves nulls that are there", () => {
    expect(runBlock("ZipLists", { lists, pad_to_longest: true, fill_value: "-" })).toEqual([
      [
        "zipped_list",
        [
          [1, "a", true],
          [2, "b", false],
          [3, "-", null],
        ],
      ],
      ["length", 3],
    ]);
    expect(runBlock("ZipLists", { lists: [[1], []], pad_to_longest: true })[0]?.[1]).toEqual([[1, null]]);
  });

  test("fails for an item that is no list, and for what would be too much", () => {
    expect(failBlock("ZipLists", { lists: [[1], 2] }).code).toBe("invalid_input");
    const many = Array.from({ length: 1000 }, (): Json[] => []);
    const long = Array.from({ length: 1000 }, () => 0);
    expect(failBlock("ZipLists", { lists: [...many, long], pad_to_longest: true }).message).toBe(
      "the lists would make over 1000000 items",
    );
  });
});

describe("ListDifference", () => {
  test("keeps what is only in the first, with order and duplicates", () => {
    expect(runBlock("ListDifference", { list_a: [3, 1, 3, 2, true], list_b: [1, 2] })).toEqual([
      ["difference", [3, 3, true]],
      ["length", 3],
    ]);
  });

  test("symmetric adds what is only in the second", () => {
    const inputs = { list_a: ["a", { x: 1, y: 2 }], list_b: ["b", { y: 2, x: 1 }, "b"], symmetric: true };
    expect(runBlock("ListDifference", inputs)).toEqual([
      ["difference", ["a", "b", "b"]],
      ["length", 3],
    ]);
  });
});

test("ListIntersection keeps what both have, once, in the order of the first", () => {
  expect(runBlock("ListIntersection", { list_a: [2, 1, 2, true, null], list_b: [null, 1, 2, 3] })).toEqual([
    ["intersection", [2, 1, null]],
    ["length", 3],
  ]);
});
