import { failBlock, runBlock } from "./run-block";

test("CreateDictionary hands on the values that came on its pins", () => {
  expect(runBlock("CreateDictionary", { values: { a: 1, b: null }, "values_#_a": 1 })).toEqual([
    ["dictionary", { a: 1, b: null }],
  ]);
  expect(failBlock("CreateDictionary", { values: [1] }).message).toBe("values must be an object, not a list");
});

describe("AddToDictionary", () => {
  test("sets the key in a copy, then merges the entries", () => {
    const dictionary = { a: 1, b: 2 };
    expect(runBlock("AddToDictionary", { dictionary, key: "b", value: 3, entries: { b: 4, c: 5 } })).toEqual([
      ["updated_dictionary", { a: 1, b: 4, c: 5 }],
    ]);
    expect(dictionary).toEqual({ a: 1, b: 2 });
    expect(runBlock("AddToDictionary", { key: "a", value: 0 })).toEqual([["updated_dictionary", { a: 0 }]]);
  });

  test("sets no key without a name or with null", () => {
    expect(runBlock("AddToDictionary", { key: "", value: 1 })).toEqual([["updated_dictionary", {}]]);
    expect(runBlock("AddToDictionary", { key: "a", value: null })).toEqual([["updated_dictionary", {}]]);
    expect(runBlock("AddToDictionary", { entries: { a: null } })).toEqual([["updated_dictionary", { a: null }]]);
  });

  test("keeps a key called __proto__ as a key", () => {
    const [[, updated] = []] = runBlock("AddToDictionary", { key: "__proto__", value: { x: 1 } });
    expect(JSON.stringify(updated)).toBe('{"__proto__":{"x":1}}');
  });
});

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

describe("ReplaceDictionaryValue", () => {
  test("emits a copy with the new value in the same place, then the old value", () => {
    const dictionary = { a: 1, b: null, c: 3 };
    const emitted = runBlock("ReplaceDictionaryValue", { dictionary, key: "b", value: [2] });
    expect(emitted).toEqual([
      ["updated_dictionary", { a: 1, b: [2], c: 3 }],
      ["old_value", null],
    ]);
    expect(Object.keys(emitted[0]?.[1] as object)).toEqual(["a", "b", "c"]);
    expect(dictionary.b).toBe(null);
  });

  test("finds a whole number as a key, and fails where it is absent", () => {
    expect(runBlock("ReplaceDictionaryValue", { dictionary: { "5": "v" }, key: 5, value: null })).toEqual([
      ["updated_dictionary", { "5": null }],
      ["old_value", "v"],
    ]);
    expect(failBlock("ReplaceDictionaryValue", { dictionary: {}, key: "toString", value: 1 })).toMatchObject({
      code: "key_absent",
      message: 'the dictionary has no key "toString"',
    });
  });
});

test("DictionaryIsEmpty tells whether there are keys", () => {
  expect(runBlock("DictionaryIsEmpty", { dictionary: {} })).toEqual([["is_empty", true]]);
  expect(runBlock("DictionaryIsEmpty", { dictionary: { a: null } })).toEqual([["is_empty", false]]);
});
