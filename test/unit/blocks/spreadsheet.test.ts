import { crc32 } from "node:zlib";
import type { Inputs } from "../../../blocks/block";
import { blockNamed, contextOf, pairs } from "./run-block";

const block = blockNamed("ReadSpreadsheet"); // one registry, so that all runs share its threads

async function read(inputs: Inputs, signal = new AbortController().signal) {
  if (block.definition.placement !== "remote" || !("run" in block)) throw new Error("ReadSpreadsheet is remote");
  return pairs(await block.run(inputs, contextOf({ signal })));
}

const rowsOf = async (contents: string, more: Inputs = {}) => (await read({ contents, ...more }))[0]?.[1];

/** A zip archive without compression. */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const [title, data] = [Buffer.from(name), Buffer.from(text)];
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt32LE(crc32(data), 10);
    facts.writeUInt32LE(data.length, 14);
    facts.writeUInt32LE(data.length, 18);
    facts.writeUInt16LE(title.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), facts, title, data]);
    const more = Buffer.alloc(14);
    more.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\0"), facts, more, title]));
    parts.push(local);
    offset += local.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(index.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, index, Buffer.from("PK\x05\x06"), end]);
}

const spreadsheetNamespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

function workbook(rows: string): string {
  const files = {
    "xl/workbook.xml": `<workbook xmlns="${spreadsheetNamespace}" xmlns:r="${relations}"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    "xl/worksheets/sheet1.xml": `<worksheet xmlns="${spreadsheetNamespace}"><sheetData>${rows}</sheetData></worksheet>`,
  };
  return `data:application/octet-stream;base64,${zip(files).toString("base64")}`;
}

describe("CSV", () => {
  test("becomes rows by the names of its header; values are texts", async () => {
    expect(await read({ contents: "name,age\nAda,36\n Bob , 1 \n" })).toEqual([
      [
        "rows",
        [
          { name: "Ada", age: "36" },
          { name: "Bob", age: "1" },
        ],
      ],
    ]);
  });

  test("is emitted row by row where that is wanted", async () => {
    expect(await read({ contents: "a\n1\n2", produce_singular_result: true })).toEqual([
      ["row", { a: "1" }],
      ["row", { a: "2" }],
    ]);
  });

  test("without a header has numbered columns", async () => {
    expect(await rowsOf("a,b\nc,d", { has_header: false })).toEqual([
      { "0": "a", "1": "b" },
      { "0": "c", "1": "d" },
    ]);
  });

  test("loses rows behind its header, and columns by name or number", async () => {
    expect(await rowsOf("a,b,c\n1,2,3\n4,5,6", { skip_rows: 1, skip_columns: ["b", 2] })).toEqual([{ a: "4" }]);
  });

  test("keeps white space where that is wanted", async () => {
    expect(await rowsOf(" a \n x ", { strip: false })).toEqual([{ " a ": " x " }]);
  });

  test.each([
    ['"x,y",z', ["x,y", "z"]],
    ['"two\nlines",z', ["two\nlines", "z"]],
    ['"say ""hi""",z', ['say "hi"', "z"]],
    ['"say \\"hi\\"",z', ['say "hi"', "z"]],
    ["x\\,y,z", ["x,y", "z"]],
    ['x"y"z,w', ['x"y"z', "w"]],
    ['"x"y,z', ["xy", "z"]],
    ["é🎉,", ["é🎉", ""]],
    ['"",z', ["", "z"]],
  ])("reads %j as Python does", async (line, values) => {
    expect(await rowsOf(`a,b\n${line}`)).toEqual([{ a: values[0], b: values[1] }]);
  });

  test("takes other marks", async () => {
    expect(await rowsOf("a;b\r\n'x;y';^'z\r\n", { delimiter: ";", quotechar: "'", escapechar: "^" })).toEqual([
      { a: "x;y", b: "'z" },
    ]);
  });

  test("with longer rows than its header numbers what is beyond, and skips blank lines", async () => {
    expect(await rowsOf("a\n1,2\n\n3")).toEqual([{ a: "1", "1": "2" }, { a: "3" }]);
  });

  test("without rows is an empty list", async () => {
    expect(await rowsOf("")).toEqual([]);
    expect(await rowsOf("a,b")).toEqual([]);
  });
});

describe("a file", () => {
  test("wins over the text, as CSV", async () => {
    expect(await read({ contents: "no", file_input: "data:text/csv,a%0A%C3%A9" })).toEqual([["rows", [{ a: "é" }]]]);
    const base64 = Buffer.from("a\n1").toString("base64");
    expect(await read({ file_input: `data:text/csv;base64,${base64}` })).toEqual([["rows", [{ a: "1" }]]]);
  });

  test("is read as xlsx, its values as texts", async () => {
    const text = (cell: string, value: string) => `<c r="${cell}" t="inlineStr"><is><t>${value}</t></is></c>`;
    const file_input = workbook(
      `<row r="1">${text("A1", "name")}${text("B1", "n")}</row>
       <row r="2">${text("A2", " Ada ")}<c r="B2"><v>36.5</v></c></row>
       <row r="3"><c r="B3" t="b"><v>1</v></c></row>`,
    );
    expect(await read({ file_input })).toEqual([
      [
        "rows",
        [
          { name: "Ada", n: "36.5" },
          { name: "", n: "true" },
        ],
      ],
    ]);
  });

  test.each([
    [{}, "invalid_input", "neither contents nor file_input is given"],
    [{ file_input: "/etc/passwd" }, "invalid_input", "file_input must be a URL, a data URI or a reference to a file"],
    [{ file_input: "data:,%E9" }, "invalid_input", "file_input is a malformed data URI"],
    [{ file_input: "data:,PK%03%04x" }, "file_unreadable", "the file is no xlsx file that can be read"],
    [{ contents: "a", delimiter: "::" }, "invalid_input", "delimiter must be one character"],
  ])("that cannot be read fails: %j", async (inputs, code, message) => {
    await expect(read(inputs)).rejects.toMatchObject({ code, message });
  });
});

test("a stop ends the reading", async () => {
  const stop = new AbortController();
  const reading = read({ contents: "a,b\n".repeat(200_000) }, stop.signal);
  const reason = { kind: "fenced" };
  stop.abort(reason);
  await expect(reading).rejects.toBe(reason);
});
