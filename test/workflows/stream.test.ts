import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { BlockFailure, type StreamBlock } from "../../blocks/block";
import { any, define, emitted, pins } from "../../blocks/pins";
import type { GraphNode } from "../../graph/definition";
import type { Json } from "../../graph/json";
import { createGate } from "../support/gate";
import { countNodes, faultsOf } from "../support/record";
import { shareEngine } from "../support/shared-engine";
import { until } from "../support/wait";
import { draft, node } from "../unit/graph/fixtures";

type Stream = StreamBlock["stream"];

function createStream(name: string, stream: Stream, more: Pick<StreamBlock, "attempts" | "resumable"> = {}) {
  const block: StreamBlock = {
    ...more,
    definition: define({
      ...{ id: randomUUID(), name, description: "", placement: "remote" },
      inputSchema: pins({}),
      outputSchema: pins({ out: emitted(any, "") }),
    }),
    stream,
  };
  const place: GraphNode = {
    id: "stream",
    blockId: block.definition.id,
    constants: {},
    retry: { firstInterval: "1ms" },
  };
  return { block, place };
}

/** Yields what the test says, when it says so. */
function createTap(name: string) {
  const tap = new EventEmitter();
  const seen = { opened: 0, closed: 0 };
  const made = createStream(name, async function* (_inputs, { signal }) {
    seen.opened++;
    try {
      for (;;) {
        const [value] = (await once(tap, "value", { signal }).catch(() => {
          throw signal.reason;
        })) as [Json | undefined];
        if (value === undefined) return;
        yield { pin: "out", value };
      }
    } finally {
      seen.closed++;
    }
  });
  const isOpen = () =>
    until(
      () => tap.listenerCount("value"),
      (count) => count === 1,
    );
  return {
    ...made,
    seen,
    async give(value?: Json) {
      await isOpen();
      tap.emit("value", value);
    },
    isOpen,
  };
}

const output = node("all", "AgentOutput", { name: "all" });

/** Yields 1 to 4, from where it is asked to; each attempt fails after two values. */
const flaky: Stream = async function* (_inputs, _context, done) {
  for (let value = done + 1; value <= 4; value++) {
    yield await Promise.resolve({ pin: "out", value });
    if (value === done + 2 && value < 4) throw new BlockFailure("busy", "ask again", { retryable: true });
  }
};

/** Of one test each. */
const [fed, stopped, gate] = [createTap("Fed"), createTap("Stopped"), createGate()];
let asked = 0;
const wrong = createStream("Wrong", async function* () {
  for (const pin of ["out", "error", "out"]) {
    asked++;
    yield await Promise.resolve({ pin, value: `${pin} ${asked}` });
  }
});
const fresh = createStream("Fresh", flaky, { attempts: 3, resumable: false });
const resumed = createStream("Resumed", flaky, { attempts: 3, resumable: true });

const engineOf = shareEngine({ blocks: [fed, stopped, gate, wrong, fresh, resumed].map(({ block }) => block) });

describe("a block that yields while it runs", () => {
  test("feeds its links at once, inline nodes in its own step and remote ones by a poke", async () => {
    const tap = fed;
    const engine = engineOf();
    const far: GraphNode = { id: "far", blockId: gate.blockId, constants: {} };
    const links = ["stream.out -> far.in", "stream.out -> near.input", "far.out -> all.value"];
    const id = await engine.start(
      await engine.save(draft([tap.place, far, node("near", "StoreValue"), output], links)),
    );
    for (const value of [1, 2]) {
      await tap.give(value);
      await until(gate.inside, (inside) => inside.includes(value));
      expect(await countNodes(engine.db, id)).toMatchObject({ "near COMPLETED": value, "stream RUNNING": 1 });
    }
    gate.open();
    await tap.give();
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { all: [1, 2] } });
    expect(await engine.nodes(id, "stream")).toMatchObject([
      {
        status: "COMPLETED",
        attempt: 1,
        outputs: [
          { pin: "out", value: 1 },
          { pin: "out", value: 2 },
        ],
      },
    ]);
    const { rows } = await engine.db.pool.query(
      "select data -> 'value' as value from events where root_id = $1 and type = 'node.output' and data ->> 'nodeId' = 'stream' order by seq",
      [id],
    );
    expect(rows).toEqual([{ value: 1 }, { value: 2 }]);
    expect(await engine.closed(id)).toBe("COMPLETED");
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("is ended by a stop, and what it has emitted stays", async () => {
    const tap = stopped;
    const engine = engineOf();
    const id = await engine.start(await engine.save(draft([tap.place, output], ["stream.out -> all.value"])));
    await tap.give("kept");
    await tap.isOpen();
    await engine.stop(id);
    expect(await engine.read(id)).toMatchObject({ status: "TERMINATED", outputs: { all: ["kept"] } });
    expect(await countNodes(engine.db, id)).toEqual({ "all COMPLETED": 1, "stream TERMINATED": 1 });
    expect(tap.seen).toEqual({ opened: 1, closed: 1 });
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test("fails with what it may not emit, after what it had emitted, and is not asked for more", async () => {
    const engine = engineOf();
    const links = ["stream.out -> all.value", "stream.error -> all.value"];
    const id = await engine.start(await engine.save(draft([wrong.place, output], links)));
    expect(await engine.ended(id)).toMatchObject({ status: "COMPLETED", outputs: { all: ["out 1", "error 2"] } });
    expect(await engine.nodes(id, "stream")).toMatchObject([{ status: "FAILED", error: { message: "error 2" } }]);
    expect(await engine.closed(id)).toBe("COMPLETED");
    expect(asked).toBe(2);
    expect(await faultsOf(engine.db)).toEqual([]);
  });

  test.each([
    [false, { attempt: 1, status: "FAILED" }, [1, 2, "ask again"]],
    [true, { attempt: 2, status: "COMPLETED" }, [1, 2, 3, 4]],
  ])("and is resumable: %j, after a passing failure ends %j", async (resumable, end, all) => {
    const { place } = resumable ? resumed : fresh;
    const engine = engineOf();
    const links = ["stream.out -> all.value", "stream.error -> all.value"];
    const id = await engine.start(await engine.save(draft([place, output], links)));
    expect(await engine.ended(id)).toMatchObject({ outputs: { all } });
    expect(await engine.nodes(id, "stream")).toMatchObject([end]);
    expect(await faultsOf(engine.db)).toEqual([]);
  });
});
