import { catalog } from "../../../blocks/catalog";
import { inputSchemaOf, outputSchemaOf } from "../../../graph/pin-schemas";
import { node } from "./fixtures";

describe("inputSchemaOf", () => {
  test("has a property for each input, by its name, required where it has no default", () => {
    const nodes = [
      node("1", "AgentShortTextInput", { name: "who", value: "you", description: "whom to greet" }),
      node("2", "AgentNumberInput", { name: "count", title: "Count", secret: true }),
      node("3", "Calculator", { name: "no input" }),
    ];
    expect(inputSchemaOf(nodes, catalog)).toEqual({
      type: "object",
      properties: {
        who: {
          type: "string",
          title: "who",
          description: "whom to greet",
          default: "you",
          secret: false,
          advanced: false,
        },
        count: { type: "integer", title: "Count", secret: true, advanced: false },
      },
      required: ["count"],
    });
  });

  test("takes the default of the block, and does not show that of a secret", () => {
    const nodes = [
      node("1", "AgentToggleInput", { name: "on" }),
      node("2", "AgentInput", { name: "key", value: "s3cret", secret: true }),
    ];
    const { properties, required } = inputSchemaOf(nodes, catalog);
    expect(properties.on).toMatchObject({ type: "boolean", default: false });
    expect(properties.key).toEqual({ title: "key", secret: true, advanced: false });
    expect(required).toEqual([]);
  });

  test("narrows a drop-down to its options and a table to its columns", () => {
    const nodes = [
      node("1", "AgentDropdownInput", { name: "colour", options: ["red", "green"] }),
      node("2", "AgentDropdownInput", { name: "free", options: [] }),
      node("3", "AgentTableInput", { name: "rows", column_headers: ["x", "y"] }),
      node("4", "AgentTableInput", { name: "usual" }),
    ];
    const { properties } = inputSchemaOf(nodes, catalog);
    expect(properties.colour).toMatchObject({ type: "string", enum: ["red", "green"] });
    expect(properties.free).not.toHaveProperty("enum");
    expect(properties.rows?.items).toEqual({
      type: "object",
      properties: { x: { type: "string" }, y: { type: "string" } },
    });
    expect(Object.keys(properties.usual?.items?.properties ?? {})).toHaveLength(3);
  });
});

describe("outputSchemaOf", () => {
  test("has a property for each name, nodes of one name merged", () => {
    const nodes = [
      node("1", "AgentOutput", { name: "__proto__" }),
      node("2", "AgentOutput", { name: "b", title: "first" }),
      node("3", "AgentOutput", { name: "b" }),
    ];
    const { properties } = outputSchemaOf(nodes, catalog);
    expect(Object.keys(properties)).toEqual(["__proto__", "b"]);
    expect(properties.b).toEqual({ title: "b", secret: false, advanced: false });
  });
});
