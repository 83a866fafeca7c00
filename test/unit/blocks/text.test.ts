import { blockNamed, contextOf, failBlock, pairs, runBlock } from "./run-block";

function fillTextTemplate() {
  const block = blockNamed("FillTextTemplate");
  if (!("runRemote" in block) || !block.runRemote || !block.fitsInline)
    throw new Error("FillTextTemplate cannot run aside");
  return { fitsInline: block.fitsInline, runRemote: block.runRemote };
}

describe("FillTextTemplate", () => {
  test("fills in values; an undefined name prints nothing", () => {
    const inputs = { format: "{{a}} {{b}}{{c}}{{ d }}", values: { a: "Good", b: "day", c: "!" }, "values_#_a": "Good" };
    expect(runBlock("FillTextTemplate", inputs)).toEqual([["output", "Good day!"]]);
  });

  test("runs inline what is only names, attributes, subscripts, literals and text", () => {
    const { fitsInline } = fillTextTemplate();
    const fits = (format: string) => fitsInline({ format, values: {} });
    expect(
      ["plain", "{{ a }}", "{{ a.b['c'][0][-1] }}", "{{ 'x' }}{{ 1.5 }}", "{# note #}{{- a -}}"].map(fits),
    ).toEqual([true, true, true, true, true]);
    expect(
      ["{{ a|upper }}", "{{ a.upper() }}", "{{ a ~ b }}", "{% if a %}{% endif %}", "{{ a[b|int] }}", "{{ [a] }}"].map(
        fits,
      ),
    ).toEqual([false, false, false, false, false, false]);
  });

  test("fails at once, inline, for what cannot be parsed", () => {
    expect(fillTextTemplate().fitsInline({ format: "{% if a %}", values: {} })).toBe(true);
    expect(failBlock("FillTextTemplate", { format: "{% if a %}", values: {} })).toMatchObject({
      code: "template_error",
      message: "the template ends within a tag or a block",
    });
  });

  test("runs aside a template that is long to parse, however plain", () => {
    const { fitsInline } = fillTextTemplate();
    expect(fitsInline({ format: "x ".repeat(5000), values: {} })).toBe(false);
    expect(fitsInline({ format: " ".repeat(300), values: {} })).toBe(false);
    expect(fitsInline({ format: "x ".repeat(300), values: {} })).toBe(true);
  });

  test("runs aside with the same result", async () => {
    const inputs = { format: "{{ who|upper }}", values: { who: "ada" } };
    expect(pairs(await fillTextTemplate().runRemote(inputs, contextOf()))).toEqual([["output", "ADA"]]);
    expect(runBlock("FillTextTemplate", inputs)).toEqual([["output", "ADA"]]);
  });

  test("needs a format and an object of values", () => {
    expect(failBlock("FillTextTemplate", { values: {} }).message).toBe("format is required");
    expect(failBlock("FillTextTemplate", { format: "x", values: ["y"] }).message).toBe(
      "values must be an object, not a list",
    );
  });
});

describe("CombineTexts", () => {
  test("joins with its delimiter, by default with nothing", () => {
    expect(runBlock("CombineTexts", { input: ["x", "y"], delimiter: "-" })).toEqual([["output", "x-y"]]);
    expect(runBlock("CombineTexts", { input: ["x", "y"] })).toEqual([["output", "xy"]]);
    expect(runBlock("CombineTexts", { input: [] })).toEqual([["output", ""]]);
  });

  test("joins other values as JSON, but fails for a gap", () => {
    expect(runBlock("CombineTexts", { input: [1, true, { a: 1 }], delimiter: " " })).toEqual([
      ["output", '1 true {"a": 1}'],
    ]);
    expect(failBlock("CombineTexts", { input: ["x", null] }).message).toBe("input has no text at index 1");
  });
});

test("CombineTexts and TextReplace refuse to make a text over 16 MiB", () => {
  const input = Array.from({ length: 20_000 }, () => "");
  expect(failBlock("CombineTexts", { input, delimiter: "x".repeat(1000) }).message).toBe(
    "the text would be over 16 MiB",
  );
  const text = "a".repeat(20_000);
  expect(failBlock("TextReplace", { text, old: "a", new: "x".repeat(1000) }).code).toBe("invalid_input");
});

describe("TextSplit", () => {
  const split = (text: string, delimiter: string, more = {}) =>
    runBlock("TextSplit", { text, delimiter, ...more })[0]?.[1];

  test("splits and trims each part, and keeps empty ones", () => {
    expect(split(" a , b\n,,c", ",")).toEqual(["a", "b", "", "c"]);
    expect(split("a--b-c", "--")).toEqual(["a", "b-c"]);
  });

  test("leaves the parts as they are if asked", () => {
    expect(split(" a , b\n", ",", { strip: false })).toEqual([" a ", " b\n"]);
  });

  test("gives nothing for an empty text, but one part for white space", () => {
    expect(split("", ",")).toEqual([]);
    expect(split(" ", ",")).toEqual([""]);
    expect(split("", "")).toEqual([]);
  });

  test("fails for an empty delimiter", () => {
    expect(failBlock("TextSplit", { text: "a", delimiter: "" }).message).toBe("delimiter must not be empty");
  });
});

describe("TextReplace", () => {
  const replace = (text: string, old: string, by: string) => runBlock("TextReplace", { text, old, new: by })[0]?.[1];

  test("replaces all occurrences, as they stand", () => {
    expect(replace("a.b.c", ".", "$&")).toBe("a$&b$&c");
    expect(replace("aaa", "aa", "b")).toBe("ba");
    expect(replace("abc", "z", "y")).toBe("abc");
    expect(replace("abab", "b", "")).toBe("aa");
  });

  test("finds an empty text around every character, never within one", () => {
    expect(replace("a\u{1f600}", "", "-")).toBe("-a-\u{1f600}-");
    expect(replace("", "", "-")).toBe("-");
  });
});

describe("WordCharacterCount", () => {
  test.each<[string, number, number]>([
    ["", 0, 0],
    ["  one\ttwo\n\nthree ", 3, 17],
    ["caf\u00e9 \u{1f600}\u{1f600}", 2, 7],
    ["one\u00a0two\u2003three\x1cfour", 4, 18],
    ["\ufeffone\u200btwo", 1, 8],
  ])("counts words and code points of %j", (text, words, characters) => {
    expect(runBlock("WordCharacterCount", { text })).toEqual([
      ["word_count", words],
      ["character_count", characters],
    ]);
  });
});
