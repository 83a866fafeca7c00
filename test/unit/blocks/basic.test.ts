import { failBlock, runBlock } from "./run-block";

describe("StoreValue", () => {
  test("emits the data it holds, else its input", () => {
    expect(runBlock("StoreValue", { input: "in", data: "held" })).toEqual([["output", "held"]]);
    expect(runBlock("StoreValue", { input: "in" })).toEqual([["output", "in"]]);
    expect(runBlock("StoreValue", { input: null })).toEqual([["output", null]]);
  });

  test.each([[0], [""], [false], [[]], [{}], [null]])("lets data %j fall through to the input", (data) => {
    expect(runBlock("StoreValue", { input: "in", data })).toEqual([["output", "in"]]);
  });

  test("fails without an input to fall back to", () => {
    expect(failBlock("StoreValue", { data: 0 })).toMatchObject({ code: "invalid_input", message: "input is required" });
  });
});

test("PrintToConsole emits the text, then that it was printed", () => {
  expect(runBlock("PrintToConsole", { text: { a: 1 } })).toEqual([
    ["output", { a: 1 }],
    ["status", "printed"],
  ]);
});

describe("UniversalTypeConverter", () => {
  function convert(value: Parameters<typeof runBlock>[1][string], type: string) {
    return runBlock("UniversalTypeConverter", { value, type })[0]?.[1];
  }

  test("makes lists: of JSON text, of an object its pairs, of anything else a list of it", () => {
    expect(convert(" [1, 2] ", "list")).toEqual([1, 2]);
    expect(convert("[1, 2", "list")).toEqual(["[1, 2"]);
    expect(convert("[nonsense]", "list")).toEqual(["[nonsense]"]);
    expect(convert({ a: 1, b: 2 }, "list")).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    expect(convert(5, "list")).toEqual([5]);
  });

  test("makes objects: of JSON text, of a list by index, of anything else under `value`", () => {
    expect(convert('{"a": 1}', "dictionary")).toEqual({ a: 1 });
    expect(convert("[1]", "dictionary")).toEqual({ value: [1] });
    expect(convert("plain", "dictionary")).toEqual({ value: "plain" });
    expect(convert(["x", "y"], "dictionary")).toEqual({ "0": "x", "1": "y" });
    expect(convert(true, "dictionary")).toEqual({ value: true });
    expect(convert("null", "dictionary")).toEqual({ value: null });
  });

  test("makes texts: a JSON dump of all but a text", () => {
    expect(convert("as it is", "string")).toBe("as it is");
    expect(convert([1, true, null], "string")).toBe("[1, true, null]");
    expect(convert(false, "string")).toBe("false");
  });

  test("makes numbers: lengths, floats, and 0 of what does not parse", () => {
    expect(convert([1, 2, 3], "number")).toBe(3);
    expect(convert({ a: 1 }, "number")).toBe(1);
    expect(convert("1_000.5", "number")).toBe(1000.5);
    expect(convert("-inf", "number")).toBe("-Infinity");
    expect(convert("12 apples", "number")).toBe(0);
    expect(convert(true, "number")).toBe(1);
  });

  test("makes booleans: of texts only true and 1 are true", () => {
    expect(["TRUE", "1", "yes", "", "false"].map((text) => convert(text, "boolean"))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect([0, 2, [], [0], {}].map((value) => convert(value, "boolean"))).toEqual([false, true, false, true, false]);
  });

  test("leaves null alone and names the types it knows", () => {
    expect(convert(null, "string")).toBeNull();
    expect(failBlock("UniversalTypeConverter", { value: 1, type: "date" }).message).toBe(
      "type must be one of string, number, boolean, list, dictionary",
    );
  });
});
