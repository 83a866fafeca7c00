import { isBlockFailure } from "../../../blocks/block";
import { createCompiler } from "../../../blocks/pattern/compile";
import { search } from "../../../blocks/pattern/search";
import { createPatternThreads } from "../../../blocks/pattern/threads";
import type { Json } from "../../../graph/json";
import searches from "./python-re.json";
import { blockNamed, contextOf, failBlock, pairs, runBlock } from "./run-block";

function aside(name: string) {
  const block = blockNamed(name);
  if (!("runRemote" in block) || !block.runRemote || !block.fitsInline) throw new Error(`${name} cannot run aside`);
  return { fitsInline: block.fitsInline, runRemote: block.runRemote };
}

describe("MatchTextPattern", () => {
  const match = (inputs: { [pin: string]: Json }) => runBlock("MatchTextPattern", { data: "d", ...inputs });

  test("searches anywhere in the text and emits on one pin", () => {
    expect(match({ text: "say hello", match: "hel+o" })).toEqual([["positive", "d"]]);
    expect(match({ text: "say hello", match: "^hello" })).toEqual([["negative", "d"]]);
    expect(match({ text: "", match: "" })).toEqual([["positive", "d"]]);
  });

  test.each<[Json]>([[0], [""], [false], [[]], [{}], [null]])("emits the text where data is %j", (data) => {
    expect(match({ text: "abc", match: "b", data })).toEqual([["positive", "abc"]]);
    expect(match({ text: "abc", match: "z", data })).toEqual([["negative", "abc"]]);
  });

  test("searches what is no text as JSON with spaces, and emits it as it was", () => {
    expect(match({ text: { a: [1, true] }, match: '^\\{"a": \\[1, true\\]\\}$', data: null })).toEqual([
      ["positive", { a: [1, true] }],
    ]);
    expect(match({ text: 10, match: "^10$", data: 0 })).toEqual([["positive", 10]]);
  });

  test("lets case count unless told, and a dot match line breaks unless told", () => {
    const found = (inputs: { [pin: string]: Json }) => match(inputs)[0]?.[0] === "positive";
    expect(found({ text: "ABC", match: "abc" })).toBe(false);
    expect(found({ text: "ABC", match: "abc", case_sensitive: false })).toBe(true);
    expect(found({ text: "a\nb", match: "a.b" })).toBe(true);
    expect(found({ text: "a\nb", match: "a.b", dot_all: false })).toBe(false);
  });
});

describe("ExtractTextInformation", () => {
  const extract = (text: Json, pattern: string, more = {}) =>
    runBlock("ExtractTextInformation", { text, pattern, ...more });

  test("emits the first match, then the list and the count", () => {
    expect(extract("a1 b2", "[a-z]\\d")).toEqual([
      ["positive", "a1"],
      ["matched_results", ["a1"]],
      ["matched_count", 1],
    ]);
  });

  test("emits every match of a group if asked", () => {
    expect(extract("a1 b2 c", "([a-z])(\\d)?", { find_all: true, group: 1 })).toEqual([
      ["positive", "a"],
      ["positive", "b"],
      ["positive", "c"],
      ["matched_results", ["a", "b", "c"]],
      ["matched_count", 3],
    ]);
    expect(extract("a1 b c3", "([a-z])(\\d)?", { find_all: true, group: 2 })[2]).toEqual([
      "matched_results",
      ["1", "3"],
    ]);
  });

  test.each<[Json, string, number]>([
    ["abc", "z", 0],
    ["abc", "b", 1],
    ["abc", "(b)", -1],
    [{ a: 1 }, "z", 0],
  ])("emits %j as it was where %j finds nothing or has no group %j", (text, pattern, group) => {
    expect(extract(text, pattern, { group })).toEqual([
      ["negative", text],
      ["matched_results", []],
      ["matched_count", 0],
    ]);
  });

  test("takes at most 1,000 matches", () => {
    expect(extract("a".repeat(1001), "a", { find_all: true }).at(-1)).toEqual(["matched_count", 1000]);
  });

  test("cuts the text at 1,000,000 characters and a match at 10,000", () => {
    const [[, cut] = []] = extract("\u{1f600}".repeat(10_001), ".*");
    expect(cut).toBe("\u{1f600}".repeat(10_000));
    expect(extract(`${"\u{1f600}".repeat(999_999)}xy`, "x|y", { find_all: true }).slice(0, -1)).toEqual([
      ["positive", "x"],
      ["matched_results", ["x"]],
    ]);
  });
});

/** What Python finds, as its own `re` says. */
describe("patterns are Python's", () => {
  const find = (text: string, pattern: string, group = 0) =>
    runBlock("ExtractTextInformation", { text, pattern, group, find_all: true, dot_all: false }).at(-2)?.[1];

  test.each<[pattern: string, text: string, found: string[]]>([
    ["(?P<n>a)b", "ab", ["ab"]],
    ["(?i)AB", "ab", ["ab"]],
    ["(?s)a.b", "a\nb", ["a\nb"]],
    ["(?m)^b$", "a\nb\nc", ["b"]],
    ["(?x) a  [ b] # two", "ab a ", ["ab", "a "]],
    ["(?i:A)b", "ab aB", ["ab"]],
    ["\\Aa|b\\Z", "aab", ["a", "b"]],
    ["a{,2}b", "aaab b", ["aab", "b"]],
    ["a{x}|{", "a{x}{", ["a{x}", "{"]],
    ["x*", "axb", ["", "x", "", ""]],
    ["[]a-]+", "a]-b", ["a]-"]],
    ["\\x41\\u00e9\\101\\U0001F600", "A\u00e9A\u{1f600}", ["A\u00e9A\u{1f600}"]],
    ["(?#note)a", "a", ["a"]],
    ["(?<=a)b|(?<!a)c", "ab ac c", ["b", "c"]],
    [".", "\u{1f600}\n", ["\u{1f600}"]],
  ])("%s finds in %j what it finds there", (pattern, text, found) => {
    expect(find(text, pattern)).toEqual(found);
  });

  test.each<[pattern: string, text: string, found: string[]]>([
    ["\\d+", "12 \u0663\u0664", ["12", "\u0663\u0664"]],
    ["\\w+", "na\u00efve caf\u00e9_1", ["na\u00efve", "caf\u00e9_1"]],
    ["\\s", "a\u00a0b\x1cc\u3000", ["\u00a0", "\x1c", "\u3000"]],
    ["\\S+|\\D", "\u00e9\u00a0", ["\u00e9", "\u00a0"]],
    ["\\b\\w", "\u00e9t\u00e9 \u00e9", ["\u00e9", "\u00e9"]],
    ["[^\\W\\d_]+", "a1\u00e9_b", ["a", "\u00e9", "b"]],
    ["(?a)\\w+", "caf\u00e9s", ["caf", "s"]],
    ["(?i)\u00c9", "\u00e9", ["\u00e9"]],
  ])("%s knows the characters of all scripts", (pattern, text, found) => {
    expect(find(text, pattern)).toEqual(found);
  });

  test.each<[pattern: string, text: string, found: string[]]>([
    ["b$", "ab\n", ["b"]],
    ["b\\Z", "ab\n", []],
    ["a(?=b)", "ab ac", ["a"]],
    ["a(?!b).", "ab ac", ["ac"]],
    ["(?P<q>['\"])\\w+(?P=q)", "'a' \"b' \"c\"", ["'a'", '"c"']],
    ["(\\w)\\1", "aab\u00e9\u00e9", ["aa", "\u00e9\u00e9"]],
    ["(?>a+)b|a++a", "aab aa", ["aab"]],
    ["a{1001}", "a".repeat(1002), ["a".repeat(1001)]],
    ["^(?=.*\\d)\\w+$", "ab1", ["ab1"]],
  ])("%s runs though RE2 cannot", (pattern, text, found) => {
    expect(find(text, pattern)).toEqual(found);
  });

  test("counts groups as they stand, whatever engine runs", () => {
    expect(find("aab", "(?>a+)(b)", 1)).toEqual(["b"]);
    expect(find("xx-1", "(?P<x>x)(?P=x)-(\\d)", 2)).toEqual(["1"]);
  });

  test.each([
    ["(", "a group is not closed"],
    ["a)", "a ) closes nothing"],
    ["[a", "a [ is not closed"],
    ["*a", "there is nothing to repeat before *"],
    ["a**", "there is nothing to repeat before *"],
    ["a{3,1}", "{3,1} has a minimum over its maximum"],
    ["[b-a]", "a range in [] has no first or no last character"],
    ["[a-\\d]", "a range in [] has no first or no last character"],
    ["\\q", "there is no escape \\q"],
    ["[\\Z]", "there is no escape \\Z"],
    ["\\xg1", "\\x needs 2 digits"],
    ["a\\", "it ends with a lone backslash"],
    ["(a)\\2", "group 2 cannot be referred to"],
    ["(a\\1)", "group 1 cannot be referred to"],
    ["(?P=n)", "there is no group n"],
    ["(?P<n>a)(?P<n>b)", "there are two groups n"],
    ["(?P<1>a)", '"1" is no name of a group'],
    ["(?<n>a)", "there is no such group (?…"],
    ["a(?i)b", "flags of the whole pattern must stand at its start"],
    ["(?L)a", "the flag L is for bytes"],
    ["(a)?(?(1)b|c)", "conditional groups, (?(…)…), are not known here"],
    ["\\N{BULLET}", "names of characters (\\N{…}) are not known here"],
    ["(?i:a)(?=b)", "(?i:…) cannot be used together with what RE2 lacks (look-ahead, references …)"],
  ])("%s is a node error that says why, never a negative", (pattern, why) => {
    expect(failBlock("MatchTextPattern", { text: "a", match: pattern, data: 1 })).toMatchObject({
      code: "pattern_error",
      message: `the pattern cannot run: ${why}`,
    });
  });
});

/** What `re.finditer` of Python 3.11 gave: pattern, text, flags, group, the texts of the group; null: Python refuses it. */
const recorded = searches as [pattern: string, text: string, flags: string, group: number, found: string[] | null][];

test("562 searches find what Python found", () => {
  const find = (pattern: string, text: string, flags: string, group: number) => {
    const job = { pattern, text, group, fold: flags.includes("i"), dotAll: flags.includes("s"), limit: 1000 };
    try {
      return search(job, createCompiler());
    } catch (error) {
      if (isBlockFailure(error)) return null;
      throw error;
    }
  };
  const found = recorded.map(([pattern, text, flags, group]) => [
    ...[pattern, text, flags, group],
    find(pattern, text, flags, group),
  ]);
  expect(found).toEqual(recorded);
  expect(found).toHaveLength(562);
});

describe("createCompiler", () => {
  const job = (pattern: string, text = "") => ({ text, pattern, fold: false, dotAll: true, group: 0, limit: 1 });

  test("keeps the patterns used last", () => {
    const compile = createCompiler();
    const first = compile(job("a0"));
    expect(compile(job("a0", "other text"))).toBe(first);
    for (let i = 1; i < 16; i += 1) compile(job(`a${i}`));
    expect(compile(job("a0"))).toBe(first);
    for (let i = 16; i < 32; i += 1) compile(job(`a${i}`));
    expect(compile(job("a0"))).not.toBe(first);
  });

  test("compiles anew for a text or flags with which RE2 would say otherwise", () => {
    const compile = createCompiler();
    const first = compile(job("a$"));
    expect(compile(job("a$", "\u00e9"))).not.toBe(first);
    expect(compile(job("a$", "a\n")).linear).toBeUndefined();
    expect(compile({ ...job("a$"), fold: true })).not.toBe(first);
    expect(compile({ ...job("a$"), dotAll: false })).not.toBe(first);
  });
});

describe("where a pattern runs", () => {
  const fits = (text: string, match: string, more = {}) =>
    aside("MatchTextPattern").fitsInline({ text, match, data: 1, ...more });

  test("inline what is short for RE2, or fails at once", () => {
    expect(fits("some text", "\\bs\\w+")).toBe(true);
    expect(fits("x".repeat(50_000), "[0-9]+")).toBe(true);
    expect(fits("text", "(")).toBe(true);
    expect(aside("ExtractTextInformation").fitsInline({ text: "text", pattern: "t", group: "first" })).toBe(true);
  });

  test.each([
    ["needs more than RE2", "text", "(?=t)"],
    ["RE2 would get wrong in this text", "\u00e9t\u00e9", "\\bt"],
    ["is long", "text", "a".repeat(1001)],
    ["takes many steps", "x".repeat(50_000), "\\d{1000}"],
  ])("aside what %s", (_, text, pattern) => {
    expect(fits(text, pattern)).toBe(false);
  });

  test("aside what may look at a long text once for each match", () => {
    const { fitsInline } = aside("ExtractTextInformation");
    const inputs = { text: "a".repeat(5000), pattern: "a.*?z|a" };
    expect(fitsInline(inputs)).toBe(true);
    expect(fitsInline({ ...inputs, find_all: true })).toBe(false);
  });

  test("aside with the same result", async () => {
    const { runRemote } = aside("ExtractTextInformation");
    const inputs = { text: "aab", pattern: "(\\w)\\1" };
    expect(pairs(await runRemote(inputs, contextOf()))).toEqual(runBlock("ExtractTextInformation", inputs));
    await expect(runRemote({ ...inputs, pattern: "(" }, contextOf())).rejects.toMatchObject({ code: "pattern_error" });
  });

  test("aside until the node is stopped", async () => {
    const stop = new AbortController();
    const reason = new Error("stopped");
    const inputs = { text: "a".repeat(40), match: "(?=(a+)+b)", data: 1 };
    const searching = aside("MatchTextPattern").runRemote(inputs, contextOf({ signal: stop.signal }));
    stop.abort(reason);
    await expect(searching).rejects.toBe(reason);
  });

  test("aside until it has taken too long, which is a node error", async () => {
    const searchAside = createPatternThreads({ limitMs: 100 });
    const job = { text: "a".repeat(40), pattern: "(?=(a+)+b)", fold: false, dotAll: true, group: 0, limit: 1 };
    await expect(searchAside(job, new AbortController().signal)).rejects.toMatchObject({
      code: "pattern_error",
      message: "the pattern cannot run: it took over 0.1 s",
    });
  });
});
