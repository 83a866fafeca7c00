import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { BlockContext, Inputs } from "../../../blocks/block";
import { readFile } from "../../../blocks/files/read";
import { blockNamed, contextOf, runRemote } from "./run-block";

const plain = "data:text/plain,a%20b%0A%C3%A9";

/** A context that keeps its files, so that one block finds what another has stored. */
function setup(changes: Partial<BlockContext> = {}) {
  const context = contextOf({ allowPrivateAddresses: true, ...changes });
  return {
    files: context.files,
    run: async (name: string, inputs: Inputs) => runRemote(name, inputs, { ...changes, ...context }),
  };
}

async function listen(status: number, body: string | Buffer, headers: Record<string, string> = {}) {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const uri = (n: number) => `treeline://files/00000000-0000-8000-8000-${String(n).padStart(12, "0")}`;

describe("FileStore", () => {
  test("stores a data URI and emits a reference that FileRead takes", async () => {
    const { run, files } = setup();
    expect(await run("FileStore", { file_in: plain })).toEqual([["file_out", uri(1)]]);
    const found = await files.read("00000000-0000-8000-8000-000000000001");
    expect([found?.contentType, Buffer.from(found?.bytes ?? []).toString()]).toEqual(["text/plain", "a b\né"]);
    expect(await run("FileRead", { file_input: uri(1) })).toEqual([["content", "a b\né"]]);
  });

  test("stores what a URL answers, with its type", async () => {
    await using server = await listen(200, Buffer.from([0, 255, 1]), { "content-type": "image/x-test" });
    const { run, files } = setup();
    expect(await run("FileStore", { file_in: `${server.origin}/a.bin` })).toEqual([["file_out", uri(1)]]);
    const found = await files.read("00000000-0000-8000-8000-000000000001");
    expect([found?.contentType, [...(found?.bytes ?? [])]]).toEqual(["image/x-test", [0, 255, 1]]);
  });

  test("emits a data URI where that is wanted", async () => {
    const { run } = setup();
    const emitted = await run("FileStore", { file_in: "data:;charset=utf-8,hi", base_64: true });
    expect(emitted).toEqual([["file_out", "data:text/plain;charset=utf-8;base64,aGk="]]);
  });

  test("is static, and remote", () => {
    expect(blockNamed("FileStore").definition).toMatchObject({ staticOutput: true, placement: "remote" });
  });

  test.each([
    ["/etc/passwd", "invalid_input", "file_in must be a URL, a data URI or a reference to a file"],
    ["file:///etc/passwd", "invalid_input", "file_in must be a URL, a data URI or a reference to a file"],
    ["data:nonsense", "invalid_input", "file_in is a malformed data URI"],
    ["data:,%E9", "invalid_input", "file_in is a malformed data URI"],
    ["treeline://files/nonsense", "file_missing", "file_in refers to a file that is not there"],
    [uri(9), "file_missing", "file_in refers to a file that is not there"],
    [`data:,${"x".repeat(1_000_001)}`, "file_too_large", "file_in has more than the 1000000 bytes that are allowed"],
  ])("refuses %.40s", async (file_in, code, message) => {
    await expect(setup().run("FileStore", { file_in })).rejects.toMatchObject({ code, message, retryable: false });
  });

  test("reaches no private address", async () => {
    await using server = await listen(200, "secret");
    const { run } = setup({ allowPrivateAddresses: false });
    await expect(run("FileStore", { file_in: server.origin })).rejects.toMatchObject({ code: "address_refused" });
    expect(server.asked()).toBe(0);
  });

  test("takes no more of an answer than a file may have", async () => {
    await using server = await listen(200, "x".repeat(1_000_001));
    await expect(setup().run("FileStore", { file_in: server.origin })).rejects.toMatchObject({
      code: "answer_too_large",
    });
  });

  test.each([
    [404, false],
    [429, true],
    [503, true],
  ])("fails where the server answers %d; tried again: %s", async (status, retryable) => {
    await using server = await listen(status, "no");
    const failure = { code: "file_not_fetched", message: `${server.origin} answered ${status}`, retryable };
    await expect(setup().run("FileStore", { file_in: `${server.origin}/?secret` })).rejects.toMatchObject(failure);
  });
});

describe("AgentFileInput", () => {
  test("stores its file and emits a reference, or a data URI", async () => {
    const { run } = setup();
    expect(await run("AgentFileInput", { name: "n", value: plain })).toEqual([["result", uri(1)]]);
    expect(await run("AgentFileInput", { name: "n", value: uri(1), base_64: true })).toEqual([
      ["result", `data:text/plain;base64,${Buffer.from("a b\né").toString("base64")}`],
    ]);
  });

  test.each([[{ value: "" }], [{ value: null }], [{}]])("emits nothing for %j", async (inputs) => {
    expect(await setup().run("AgentFileInput", { name: "n", ...inputs })).toEqual([]);
  });

  test("has no error pin", () => {
    expect(blockNamed("AgentFileInput").definition).toMatchObject({
      errorPin: false,
      role: "input",
      staticOutput: true,
    });
  });
});

describe("FileRead", () => {
  const read = async (text: string, inputs: Inputs = {}) => {
    const emitted = await setup().run("FileRead", { file_input: `data:,${encodeURIComponent(text)}`, ...inputs });
    return emitted.map(([pin, value]) => (pin === "content" ? value : pin));
  };

  test.each<[string, Inputs, string[]]>([
    ["abc", {}, ["abc"]],
    ["", {}, [""]],
    ["abcdefg", { size_limit: 3 }, ["abc", "def", "g"]],
    ["abcdefg", { skip_size: 2, size_limit: 3 }, ["cde", "fg"]],
    ["abc", { skip_size: 9 }, [""]],
    ["🦉🦉🦉", { skip_size: 1, size_limit: 1 }, ["🦉", "🦉"]],
    ["a;b;c;d", { delimiter: ";", skip_rows: 1 }, ["b;c;d"]],
    ["a;b;c;d", { delimiter: ";", row_limit: 2 }, ["a;b"]],
    ["a;b;c;d", { delimiter: ";", skip_rows: 1, row_limit: 2 }, ["b;c"]],
    ["xa;b;c", { delimiter: ";", skip_size: 1, skip_rows: 1, size_limit: 2 }, ["b;", "c"]],
    ["a;b", { delimiter: ";", skip_rows: 5 }, [""]],
    ["a;b", { delimiter: ";", skip_size: -1, skip_rows: -1, row_limit: -1, size_limit: -1 }, ["a;b"]],
  ])("of %j with %j emits %j", async (text, inputs, chunks) => {
    expect(await read(text, inputs)).toEqual(chunks);
  });

  test("takes what is no UTF-8 for Latin-1", async () => {
    const file_input = `data:;base64,${Buffer.from([0x61, 0xe9]).toString("base64")}`;
    expect(await setup().run("FileRead", { file_input })).toEqual([["content", "aé"]]);
  });

  test("emits no more than 10,000 chunks", () => {
    const job = { delimiter: "", rowLimit: 0, skipSize: 0, skipRows: 0, sizeLimit: 1 };
    expect(readFile({ ...job, bytes: Buffer.from("x".repeat(10_000)) })).toHaveLength(10_000);
    expect(() => readFile({ ...job, bytes: Buffer.from("x".repeat(10_001)) })).toThrow("more than 10000 chunks");
  });
});

test("SendWebRequest sends stored files", async () => {
  await using server = await listen(200, "thanks");
  const { run, files } = setup();
  const id = await files.store({ bytes: Buffer.from("stored"), contentType: "text/x-test" });
  const inputs = { url: server.origin, files: [`treeline://files/${id}`] };
  expect(await run("SendWebRequest", inputs)).toEqual([["response", "thanks"]]);
});

test("ReadSpreadsheet reads a stored file", async () => {
  const { run, files } = setup();
  const id = await files.store({ bytes: Buffer.from("a,b\n1,2"), contentType: "text/csv" });
  const emitted = await run("ReadSpreadsheet", { file_input: `treeline://files/${id}` });
  expect(emitted).toEqual([["rows", [{ a: "1", b: "2" }]]]);
});
