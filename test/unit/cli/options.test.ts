import { addInput, addLabel, readCount, readDepth, readDuration, readUrl } from "../../../cli/options";

test("reads an input as JSON where it is that, else as the text it is", () => {
  const given = ["n=3", "who=Ada", 'list=["a"]', "empty=", "sum=1+1=2", 'quoted="3"', "__proto__=1"];
  const inputs = given.reduce<Record<string, unknown> | undefined>((sofar, text) => addInput(text, sofar), undefined);
  expect(Object.entries(inputs ?? {})).toEqual([
    ["n", 3],
    ["who", "Ada"],
    ["list", ["a"]],
    ["empty", ""],
    ["sum", "1+1=2"],
    ["quoted", "3"],
    ["__proto__", 1],
  ]);
});

test("keeps what an earlier option gave", () => {
  const first = addLabel("team:blue");
  expect(addLabel("at:10:30", first)).toEqual({ team: "blue", at: "10:30" });
  expect(first).toEqual({ team: "blue" });
});

test("reads durations in milliseconds, and an address without its last slash", () => {
  expect(["500ms", "15s", "10m", "2h", "0s"].map(readDuration)).toEqual([500, 15_000, 600_000, 7_200_000, 0]);
  expect(readUrl("http://127.0.0.1:8080/")).toBe("http://127.0.0.1:8080");
  expect(readDepth("0")).toBe(0);
});

test.each([
  [addInput, "cities"],
  [addInput, "=1"],
  [addLabel, "team=blue"],
  [readDuration, "15"],
  [readDuration, "soon"],
  [readDuration, "1000h"],
  [readCount, "0"],
  [readCount, "1e3"],
  [readUrl, "localhost:8080"],
])("%p refuses %p and says what it must be", (read: (text: string) => unknown, text) => {
  expect(() => read(text)).toThrow(/^must be /);
});
