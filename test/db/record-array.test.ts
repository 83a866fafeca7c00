import fc from "fast-check";
import { connect } from "../../db/client";
import { quoted, recordArray, textArray } from "../../db/record-array";
import { testDatabase } from "../support/database";

async function setup() {
  const { url } = await testDatabase();
  const db = connect(url, { max: 1 });
  async function send(rows: Parameters<typeof recordArray>[0]) {
    const { rows: read } = await db.pool.query(
      "select ordinal, pin, value::text from unnest($1::step_output[]) with ordinality as o(u, id, ordinal, pin, value, nth) order by nth",
      [recordArray(rows)],
    );
    return read;
  }
  return { db, send, [Symbol.asyncDispose]: () => db.close() };
}

/** Whatever Postgres can keep as text: no NUL, no lone surrogates. */
const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('"', "\\", ",", "(", ")", "{", "}", " ", "\n", "'", "null"),
      fc.string({ unit: "grapheme" }),
    ),
  })
  .filter((it) => !it.includes("\0"));

describe("records of a composite type", () => {
  test("arrive field by field as they were, whatever their texts hold", async () => {
    await using bundle = await setup();
    const row = fc.record({
      ordinal: fc.option(fc.integer({ min: -9, max: 99_999 })),
      pin: fc.option(text),
      value: fc.option(fc.json()),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
        const sent = rows.map(
          ({ ordinal, pin, value }) =>
            `0,,${ordinal ?? ""},${pin === null ? "" : quoted(pin)},${value === null ? "" : quoted(value)}`,
        );
        expect(await bundle.send(sent)).toEqual(rows);
      }),
      { numRuns: 200 },
    );
  });

  test("hold lists of texts too", async () => {
    await using bundle = await setup();
    await fc.assert(
      fc.asyncProperty(fc.array(text), async (texts) => {
        const { rows } = await bundle.db.pool.query("select missing_pins as pins from unnest($1::step_node[])", [
          recordArray([`${",".repeat(10)}${quoted(textArray(texts))}${",".repeat(16)}`]),
        ]);
        expect(rows).toEqual([{ pins: texts }]);
      }),
      { numRuns: 100 },
    );
  });
});
