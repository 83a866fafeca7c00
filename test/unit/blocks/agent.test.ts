import type { Json } from "../../../graph/json";
import { blockNamed, contextOf, failBlock, pairs, runBlock } from "./run-block";

describe("Agent inputs", () => {
  test.each<[string, Json]>([
    ["AgentInput", { any: ["thing"] }],
    ["AgentInput", false],
    ["AgentShortTextInput", "Ada"],
    ["AgentShortTextInput", ""],
    ["AgentLongTextInput", "one\ntwo"],
    ["AgentNumberInput", 0],
    ["AgentDateInput", "2026-01-31"],
    ["AgentTimeInput", "23:59:59"],
    ["AgentDropdownInput", "red"],
    ["AgentToggleInput", true],
    ["AgentTableInput", [{ "Column 1": "x" }]],
    ["AgentGoogleDriveFileInput", { id: "1", name: "notes" }],
  ])("%s emits %j", (name, value) => {
    expect(runBlock(name, { name: "n", value })).toEqual([["result", value]]);
  });

  test.each(["AgentInput", "AgentShortTextInput", "AgentNumberInput", "AgentDropdownInput", "AgentToggleInput"])(
    "%s emits nothing for null",
    (name) => {
      expect(runBlock(name, { name: "n", value: null })).toEqual([]);
    },
  );

  test("without a value most emit nothing, a toggle false and a table no rows", () => {
    expect(runBlock("AgentInput", { name: "n" })).toEqual([]);
    expect(runBlock("AgentDateInput", { name: "n" })).toEqual([]);
    expect(runBlock("AgentToggleInput", { name: "n" })).toEqual([["result", false]]);
    expect(runBlock("AgentTableInput", { name: "n" })).toEqual([["result", []]]);
    expect(runBlock("AgentTableInput", { name: "n", value: null })).toEqual([["result", []]]);
  });

  test("make a value fit where there is no doubt, else fail", () => {
    expect(runBlock("AgentNumberInput", { name: "n", value: " 42 " })).toEqual([["result", 42]]);
    expect(runBlock("AgentShortTextInput", { name: "n", value: 42 })).toEqual([["result", "42"]]);
    expect(runBlock("AgentToggleInput", { name: "n", value: "True" })).toEqual([["result", true]]);
    expect(failBlock("AgentNumberInput", { name: "n", value: "many" }).message).toBe(
      "value must be a whole number, not a text",
    );
    expect(failBlock("AgentTableInput", { name: "n", value: "rows" }).code).toBe("invalid_input");
  });

  test("have static output and no error pin", () => {
    for (const name of ["AgentInput", "AgentTableInput", "AgentToggleInput"]) {
      expect(blockNamed(name).definition).toMatchObject({ role: "input", staticOutput: true, errorPin: false });
    }
  });
});

describe("AgentOutput", () => {
  test("without a format emits the value, then its name", () => {
    expect(runBlock("AgentOutput", { name: "out", value: [1], format: "" })).toEqual([
      ["output", [1]],
      ["name", "out"],
    ]);
    expect(runBlock("AgentOutput", { name: "out" })).toEqual([
      ["output", null],
      ["name", "out"],
    ]);
  });

  test("with a format emits only the text, in which the value has the output's name", () => {
    expect(runBlock("AgentOutput", { name: "greeting", value: "Hi", format: "<{{greeting}}>" })).toEqual([
      ["output", "<Hi>"],
    ]);
    expect(runBlock("AgentOutput", { name: "v", value: "<b>", format: "{{v}}", escape_html: true })).toEqual([
      ["output", "&lt;b&gt;"],
    ]);
  });

  test("shows a template error as its output, with the value", () => {
    expect(runBlock("AgentOutput", { name: "v", value: ["x", true], format: "{{ v.a.b }}" })).toEqual([
      ["output", "Error: v.a is undefined, ['x', True]"],
    ]);
  });

  test("runs a template with logic aside, and shows its error the same way", async () => {
    const block = blockNamed("AgentOutput");
    if (!("runRemote" in block) || !block.runRemote) throw new Error("AgentOutput cannot run aside");
    const inputs = { name: "v", value: [1, 2], format: "{% for i in v %}[{{ i }}]{% endfor %}" };
    expect(block.fitsInline?.(inputs)).toBe(false);
    expect(block.fitsInline?.({ ...inputs, format: "{{ v }}" })).toBe(true);
    expect(pairs(await block.runRemote(inputs, contextOf()))).toEqual([["output", "[1][2]"]]);
    expect(
      pairs(await block.runRemote({ ...inputs, format: "{% if v %}{{ v|sum }}{% endif %}" }, contextOf())),
    ).toEqual([["output", "Error: there is no filter 'sum', [1, 2]"]]);
  });

  test("throws the reason of an abort, and shows it to nobody", async () => {
    const block = blockNamed("AgentOutput");
    if (!("runRemote" in block) || !block.runRemote) throw new Error("AgentOutput cannot run aside");
    const reason = new Error("stopped");
    const aside = block.runRemote(
      { name: "v", format: "{% if v %}{% endif %}" },
      contextOf({ signal: AbortSignal.abort(reason) }),
    );
    await expect(aside).rejects.toBe(reason);
  });
});

test("AgentExecutor is run as a child and has no error pin", () => {
  expect(blockNamed("AgentExecutor").definition).toMatchObject({
    id: "e189baac-8c20-45a1-94a7-55177ea42565",
    placement: "child",
    role: "agent",
    errorPin: false,
    inputSchema: { required: ["graphId", "graphVersion"] },
  });
});
