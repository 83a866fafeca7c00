import { blockNamed, runBlock } from "./run-block";

const extract = (text: string) => runBlock("CodeExtraction", { text });
const fence = (tag: string, code: string) => `\`\`\`${tag}\n${code}\n\`\`\``;

describe("CodeExtraction", () => {
  test("takes blocks out by language and gives the rest without blank lines", () => {
    const text = ["Look:", fence("python", "  print(1)"), "and", "", "", fence("SQL", "SELECT 1"), "done."].join("\n");
    expect(extract(text)).toEqual([
      ["python", "print(1)"],
      ["sql", "SELECT 1"],
      ["remaining_text", "Look:\nand\ndone."],
    ]);
  });

  test("joins the blocks of one language, aliases included, with a blank line", () => {
    expect(extract(`${fence("js", "a")} ${fence("JavaScript", "\n\nb\n")}`)).toEqual([["javascript", "a\n\nb"]]);
  });

  test("emits in the order of its pins, whatever the order of the blocks", () => {
    const text = [fence("xml", "<x/>"), fence("css", "p{}"), fence("html", "<p>")].join("\n");
    expect(extract(text).map(([pin]) => pin)).toEqual(["html", "css", "xml"]);
  });

  test.each(
    Object.entries({
      ...{ html: "html htm", css: "css", javascript: "javascript js", python: "python py", sql: "sql", java: "java" },
      ...{ cpp: "cpp c++ C++", csharp: "csharp c# cs", json_code: "json_code json", bash: "bash shell sh", php: "php" },
      ...{ ruby: "ruby rb", yaml: "yaml yml", markdown: "markdown md", typescript: "typescript ts", xml: "xml" },
    }),
  )("knows %s as %s", (pin, tags) => {
    for (const tag of tags.split(" ")) expect(extract(fence(tag, "code"))).toEqual([[pin, "code"]]);
  });

  test("emits nothing for an empty block or an empty text", () => {
    expect(extract(fence("python", " "))).toEqual([]);
    expect(extract("")).toEqual([]);
  });

  test("leaves blocks of other languages, of none, and unclosed ones in the text", () => {
    for (const text of [fence("rust", "fn"), fence("", "x"), "```python\nprint(1)", "```python print(1)```"]) {
      expect(extract(text)).toEqual([["remaining_text", text]]);
    }
    expect(extract(`${fence("rust", "fn")}\n${fence("js", "a")}`)).toEqual([
      ["javascript", "a"],
      ["remaining_text", fence("rust", "fn")],
    ]);
  });

  test("ends a block where it ends, also within a line", () => {
    expect(extract("```py\nprint(1)```after")).toEqual([
      ["python", "print(1)"],
      ["remaining_text", "after"],
    ]);
  });

  test("has a pin for each language that it knows", () => {
    const { definition } = blockNamed("CodeExtraction");
    const all = Object.keys(definition.outputSchema.properties).slice(0, -1);
    expect(extract(all.map((tag) => fence(tag, tag)).join("")).map(([pin]) => pin)).toEqual(all);
  });
});
