import { followEvents, blocksOf } from "../../../cli/events";
import { Failure } from "../../../cli/failure";
import { eventLine } from "../../../cli/lines/event";
import { anExecution } from "./answers";

const id = anExecution(1).id;
const event = (seq: number) => ({
  seq,
  type: "node.output",
  at: "2026-01-01T00:00:00.000Z",
  executionId: id,
  data: {},
});
const block = (seq: number) => `id: ${seq}\nevent: node.output\ndata: ${JSON.stringify(event(seq))}\n\n`;
const end = "event: end\ndata: {}\n\n";

/** An API whose connections say these texts, one after the other; a failure is thrown where it stands. */
function setup(connections: readonly (readonly (string | Failure)[])[]) {
  const asked: unknown[] = [];
  const rest = [...connections];
  let aways = 0;
  async function* openEvents(_id: string, { after }: Readonly<Record<string, unknown>>) {
    asked.push(after);
    for (const text of (await Promise.resolve(rest.shift())) ?? [end]) {
      if (text instanceof Failure) throw text;
      yield text;
    }
  }
  const controller = new AbortController();
  const followed = followEvents({ openEvents }, id, {}, controller.signal, () => (aways += 1));
  const readAll = async () => {
    const seqs = [];
    for await (const { seq } of followed) seqs.push(seq);
    return seqs;
  };
  return { readAll, asked, controller, aways: () => aways };
}

const away = new Failure("unreachable", "away");

test("goes on after the last number over connections that are cut, also within an event, until the end", async () => {
  const { readAll, asked, aways } = setup([
    ["retry: 1000\n\n:\n\n", block(1), block(2).slice(0, 30)],
    [away],
    [block(2).slice(0, 30), block(2).slice(30) + block(3), end, block(4)],
  ]);
  expect(await readAll()).toEqual([1, 2, 3]);
  expect(asked).toEqual([undefined, 1, 1]);
  expect(aways()).toBe(1);
});

test("ends with what the API refuses", async () => {
  const { readAll } = setup([[block(1)], [new Failure("refused", "gone")]]);
  await expect(readAll()).rejects.toMatchObject({ kind: "refused" });
});

test("ends with the signal's reason", async () => {
  const { readAll, controller } = setup([[away]]);
  const reading = readAll();
  controller.abort(new Failure("left", "Left"));
  await expect(reading).rejects.toMatchObject({ kind: "left" });
});

test("takes the events of a stream apart, whatever the parts it comes in", async () => {
  async function* parts(text: string) {
    for (const character of text) yield await Promise.resolve(character);
  }
  const all = [];
  for await (const one of blocksOf(parts(`: hi\n\n${block(7)}event: end\ndata: {}\n\nid: 8`))) all.push(one);
  expect(all).toEqual([
    { type: "node.output", data: JSON.stringify(event(7)) },
    { type: "end", data: "{}" },
  ]);
});

test("shows an event on one line, a long value cut", () => {
  const shown = {
    ...event(17),
    rootId: id,
    nodeExecutionId: null,
    data: { nodeId: "fill", pin: "output", value: "Hi" },
  };
  expect(eventLine(shown)).toBe(`    17  ${shown.at}  node.output           ${id}  fill pin="output" value="Hi"`);
  expect(eventLine({ ...shown, data: { value: "x".repeat(500) } }).length).toBeLessThan(300);
});
