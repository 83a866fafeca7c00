import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "../../../blocks/catalog";
import { romanBlocks } from "./example/run";

const page = readFileSync(join(__dirname, "../../../docs/blocks.md"), "utf8");

describe("docs/blocks.md", () => {
  test("lists every block with its pins as the catalog has them, by name", () => {
    const rows = [...catalog.values()].map(({ id, name, placement, staticOutput, inputSchema, outputSchema }) => {
      const pin = (name: string) => (inputSchema.required.includes(name) ? name : `${name}?`);
      const inputs = Object.keys(inputSchema.properties).map(pin).join(", ");
      const outputs = Object.keys(outputSchema.properties).join(", ");
      return [name, staticOutput ? `${placement}, static` : placement, inputs, outputs, id].join(" | ");
    });
    const [, table = ""] = page.split(/^\| block +\|.*\n\|[-| ]+\n/m);
    const listed = [...table.matchAll(/^\|(.*)\|$/gm)].map(([, row = ""]) =>
      row
        .split("|")
        .map((cell) => cell.trim().replaceAll("`", ""))
        .join(" | "),
    );
    expect(listed).toEqual(rows.toSorted());
  });

  test.each(["definition.ts", "run.ts"])("shows the worked example as it is tested: %s", (file) => {
    const code = readFileSync(join(__dirname, "example", file), "utf8").replaceAll("../../../../blocks/", "../");
    expect(page).toContain(`\`\`\`ts\n// ${file}\n${code}\`\`\``);
  });

  test.each([
    [1, "I"],
    [1994, "MCMXCIV"],
    [3999, "MMMCMXCIX"],
  ])("its example writes %j as %s", (number, numeral) => {
    const [block] = romanBlocks;
    expect([...(block?.run({ number }) ?? [])]).toEqual([{ pin: "numeral", value: numeral }]);
  });
});
