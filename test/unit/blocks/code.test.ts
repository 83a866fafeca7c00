import type { Inputs } from "../../../blocks/block";
import type { Json } from "../../../graph/json";
import { blockNamed, contextOf, pairs } from "./run-block";

/** One registry, so that all runs share its threads. */
const block = blockNamed("ExecuteCode");

async function run(code: string, more: Inputs = {}, signal = new AbortController().signal) {
  if (block.definition.placement !== "remote" || !("run" in block)) throw new Error("ExecuteCode is remote");
  return pairs(await block.run({ code, language: "js", ...more }, contextOf({ signal })));
}

describe("JavaScript", () => {
  test.each<[string, string, Json | undefined]>([
    ["1 + 1", "2", 2],
    ['"text"', "text", "text"],
    ["({ a: [1, null], b: true })", '{"a": [1, null], "b": true}', { a: [1, null], b: true }],
    ["null", "null", null],
    ["const x = 3; x * 2", "6", 6],
    ["(async () => { await null; return [1] })()", "[1]", [1]],
    ["10n ** 20n", "100000000000000000000", undefined],
    ["const o = {}; o.o = o; o", "[object Object]", undefined],
  ])("emits the value of %s", async (code, text, json) => {
    const main = { text, ...(json === undefined ? {} : { json }) };
    expect(await run(code)).toEqual([
      ["results", [main]],
      ["main_result", main],
      ["response", text],
    ]);
  });

  test("without a value emits no response", async () => {
    const nothing = [
      ["results", []],
      ["main_result", {}],
    ];
    expect(await run("")).toEqual(nothing);
    expect(await run("let a = 1")).toEqual(nothing);
  });

  test("emits what the console was told, after the result", async () => {
    const emitted = await run(
      'console.log("a", 1, { b: [2] }); console.error("bad"); console.info("c"); console.warn(null); 5',
    );
    expect(emitted.slice(2)).toEqual([
      ["response", "5"],
      ["stdout_logs", 'a 1 {"b": [2]}\nc'],
      ["stderr_logs", "bad\nnull"],
    ]);
  });

  test("that throws fails the node, with what it had logged", async () => {
    await expect(run('console.log("before"); null.x')).rejects.toMatchObject({
      code: "code_error",
      message: expect.stringContaining("TypeError: cannot read property 'x' of null"),
      emitted: [{ pin: "stdout_logs", value: "before" }],
    });
    await expect(run('throw "plain"')).rejects.toMatchObject({ code: "code_error", message: "plain" });
    await expect(run("Promise.reject(new Error('later'))")).rejects.toMatchObject({ message: "Error: later" });
    await expect(run("new Promise(() => {})")).rejects.toMatchObject({
      message: "its last value is a promise that nothing settles",
    });
    await expect(run("1 +")).rejects.toMatchObject({ message: expect.stringContaining("SyntaxError") });
  });

  test("reaches nothing outside, and leaves nothing behind", async () => {
    const names = ["process", "require", "fetch", "setTimeout", "globalThis.constructor.constructor('return process')"];
    const [, [, main] = []] = await run(
      `[${names
        .slice(0, 4)
        .map((name) => `typeof ${name}`)
        .join()}]`,
    );
    expect(main).toMatchObject({ json: ["undefined", "undefined", "undefined", "undefined"] });
    await expect(run(`${names[4]}()`)).rejects.toMatchObject({ message: expect.stringContaining("ReferenceError") });
    await run("globalThis.kept = 1; Array.prototype.join = () => 'changed'");
    expect((await run("[typeof kept, [1, 2].join()]"))[2]).toEqual(["response", '["undefined", "1,2"]']);
  });
});

describe("code without end", () => {
  test.each([
    "while (true) {}",
    "for (;;) { try { while (true) {} } catch {} }",
    "(async () => { for (;;) await null })()",
  ])("is ended at its timeout: %s", async (code) => {
    await expect(run(code, { timeout: 1 })).rejects.toMatchObject({
      code: "code_limit",
      message: "the code was ended: it took over 1 s",
    });
  });

  test("is ended at once by a stop, with the signal's reason, and the next one runs", async () => {
    const stop = new AbortController();
    const running = run("while (true) {}", {}, stop.signal);
    const reason = { kind: "fenced" };
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect((await run("1"))[2]).toEqual(["response", "1"]);
  });

  test.each([
    ["memory", 'const part = "x".repeat(1e6); const all = []; for (;;) all.push(part + all.length)'],
    ["one large text", '"x".repeat(2 ** 29)'],
    ["a deep stack", "const f = () => f() + 1; f()"],
  ])("is ended at its bound on %s, and the next one runs", async (_what, code) => {
    await expect(run(code)).rejects.toMatchObject({ code: "code_limit" });
    expect((await run("1"))[2]).toEqual(["response", "1"]);
  });

  test("writes no endless log", async () => {
    const emitted = await run('const line = "x".repeat(100); for (let i = 0; i < 5000; i++) console.log(line); 1');
    const [, log] = emitted.find(([pin]) => pin === "stdout_logs") ?? [];
    expect(String(log).length).toBeLessThan(300_000);
    expect(log).toMatch(/\n\(cut here: the log is too long\)$/);
  });
});

describe("what needs a sandbox of its own", () => {
  test.each([
    [{}, "language python"],
    [{ language: "bash" }, "language bash"],
    [{ language: "js", setup_commands: ["npm i x"] }, "setup_commands"],
  ])("fails and says so: %j", async (inputs, what) => {
    if (block.definition.placement !== "remote" || !("run" in block)) throw new Error("ExecuteCode is remote");
    await expect(block.run({ code: "1", ...inputs }, contextOf())).rejects.toMatchObject({
      code: "sandbox_missing",
      message: `${what} needs a sandbox, and none is configured; js runs here without one`,
    });
  });

  test.each([0, 301])("and a timeout of %d s is refused", async (timeout) => {
    await expect(run("1", { timeout })).rejects.toMatchObject({ message: "timeout must be 1 to 300 seconds" });
  });
});
