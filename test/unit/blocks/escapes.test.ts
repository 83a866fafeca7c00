import { failBlock, runBlock } from "./run-block";

const encode = (text: string) => runBlock("TextEncoder", { text })[0]?.[1];
const decode = (text: string) => runBlock("TextDecoder", { text })[0]?.[1];

const pairs: [text: string, escapes: string][] = [
  ["plain 'text' \"here\" ~", "plain 'text' \"here\" ~"],
  ["a\nb\rc\td", "a\\nb\\rc\\td"],
  ["back\\slash", "back\\\\slash"],
  ["\x00\x07\b\x1b\x7f\x80", "\\x00\\x07\\x08\\x1b\\x7f\\x80"],
  ["caf\u00e9", "caf\\xe9"],
  ["\u4e2d\u6587", "\\u4e2d\\u6587"],
  ["\u{1f600}", "\\U0001f600"],
  ["", ""],
];

test.each(pairs)("TextEncoder writes %j as %j", (text, escapes) => {
  expect(encode(text)).toBe(escapes);
});

test.each(pairs)("TextDecoder reads %j back", (text, escapes) => {
  expect(decode(escapes)).toBe(text);
});

describe("TextDecoder", () => {
  test.each([
    ["\\'\\\"\\a\\b\\f\\v", "'\"\x07\b\f\v"],
    ["\\101\\0\\1234\\7x", "A\0S4\x07x"],
    ["\\xE9\\u00E9", "\u00e9\u00e9"],
    ["one \\\ntwo", "one two"],
    ["\\q\\8\\ \\\u00e9", "\\q\\8\\ \\\u00e9"],
  ])("reads %j as Python does", (escapes, text) => {
    expect(decode(escapes)).toBe(text);
  });

  test("leaves what is not ASCII as it is", () => {
    expect(decode("caf\u00e9 \u4e2d \u{1f600}\\n")).toBe("caf\u00e9 \u4e2d \u{1f600}\n");
  });

  test.each([
    ["a\\", "the text ends with a lone backslash"],
    ["\\x4", "\\x needs 2 digits"],
    ["\\u12g4", "\\u needs 4 digits"],
    ["\\U0001f60", "\\U needs 8 digits"],
    ["\\U00110000", "there is no character \\U00110000"],
    ["\\N{DIGIT ONE}", "names of characters (\\N{…}) cannot be decoded here"],
  ])("fails for %j", (text, message) => {
    expect(failBlock("TextDecoder", { text })).toMatchObject({ code: "malformed_escape", message });
  });
});
