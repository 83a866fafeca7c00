import { enclose, encloseEach } from "../../db/blobs";
import { fromRecord, toRecord } from "../../db/marker";
import type { Json } from "../../graph/json";
import { isLarge, open, type Large } from "../../graph/large";

const text = "x".repeat(65_535);

function large(value: Json = text, ownerId = "ada"): Large {
  const enclosed = enclose(ownerId, value);
  if (!isLarge(enclosed)) throw new Error("not large");
  return enclosed;
}

describe("a value", () => {
  test("becomes a reference above 64 KiB of JSON, and not at 64 KiB", () => {
    expect(enclose("ada", text.slice(1))).toBe(text.slice(1)); // 65,534 characters and two quotes
    expect(large(text)).toMatchObject({ bytes: 65_537, kind: "string", preview: text.slice(0, 200) });
  });

  test.each<[string, Json]>([
    ["text of long characters", "€".repeat(30_000)],
    ["list", Array.from({ length: 20_000 }, () => null).concat(Array.from({ length: 20_000 }, () => null))],
    ["object by its keys", Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${i}${"k".repeat(400)}`, 1]))],
    ["text that needs escapes", "\u0001".repeat(11_000)],
  ])("that is large as a %s is seen to be", (_kind, value) => {
    expect(isLarge(enclose("ada", value))).toBe(true);
  });

  test("has one id for each owner and content", () => {
    expect(large(text).id).toBe(large(`${text}`).id);
    expect(large(text, "bob").id).not.toBe(large(text).id);
    expect(large([text]).id).not.toBe(large(text).id);
    expect(large().id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("keeps its object where nothing in it is large", () => {
    const values = { a: 1, b: ["x"] };
    expect(encloseEach("ada", values)).toBe(values);
  });
});

describe("in the record", () => {
  test("a reference comes back as one, without its content", () => {
    const found = fromRecord(toRecord({ a: large(), b: [1] })) as { a: Json; b: Json };
    expect(isLarge(found.a)).toBe(true);
    expect(found.a).toMatchObject({ id: large().id, bytes: 65_537, kind: "string", isNew: false, content: undefined });
    expect(found.b).toEqual([1]);
    expect(() => open(found.a)).toThrow("not loaded");
  });

  const reference = toRecord(large());
  test.each<[string, Json]>([
    ["what a reference looks like in memory", `$large:${large().id}`],
    ["what a reference looks like in the record", JSON.parse(reference) as Json],
    ["the record's text itself", reference],
    ["the record's text without its quotes", reference.slice(1, -1)],
    ["its escape", '\\u0024large:["x",1,"string",""]'],
    ["its escape behind a backslash", '\\\\u0024large:["x",1,"string",""]'],
    ["its escape behind a quote", '"\\u0024large:["x",1,"string",""]'],
    ["a key", { [JSON.parse(reference) as string]: 1, [reference]: 2, "$large:": 3 }],
    ["what an answer shows", { $large: { id: large().id, bytes: 1 } }],
  ])("data stays data, also beside a reference: %s", (_what, forged) => {
    expect(fromRecord(toRecord(forged))).toEqual(forged);
    const [itself, beside] = fromRecord(toRecord([forged, large()])) as [Json, Json];
    expect(itself).toEqual(forged);
    expect(isLarge(itself)).toBe(false);
    expect(isLarge(beside)).toBe(true);
  });
});
