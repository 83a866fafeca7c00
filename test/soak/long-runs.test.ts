import { startEngine } from "../support/engine";
import { createGate } from "../support/gate";
import { manyChildren, manyNodes, runLengths, startLong } from "../support/long-runs";
import { faultsOf } from "../support/record";
import { until } from "../support/wait";

const hour = 3_600_000;
const count = (length: number) => Array.from({ length }, (_, index) => index);
const megabytes = () => Math.round(process.memoryUsage().rss / 1024 / 1024);

async function setup() {
  const pass = createGate("Pass");
  pass.open();
  const engine = await startEngine({ blocks: [pass.block] });
  const [begun, before] = [performance.now(), megabytes()];
  /** For docs/engine.md. */
  async function tell(what: string, id: Parameters<typeof engine.read>[0]): Promise<void> {
    const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
    const runs = (await runLengths(engine, id)).join(", ");
    process.stderr.write(
      `${what}: ${seconds} s, histories of ${runs} events, worker ${before} MB, then ${megabytes()} MB\n`,
    );
  }
  const over = (id: Parameters<typeof engine.read>[0]) =>
    until(
      () => engine.read(id),
      ({ endedAt }) => endedAt !== null,
      hour,
    );
  return { ...engine, pass, tell, over };
}

test(
  "an execution of 100,000 node executions passes",
  async () => {
    await using engine = await setup();
    const lists = count(2_500).map(() => count(38));
    const id = await startLong(engine, await engine.save(manyNodes(engine.pass)), { lists });
    expect(await engine.over(id)).toMatchObject({ status: "COMPLETED", nodeExecutions: 2 + 2_500 * 40 });
    await engine.tell("100,000 node executions", id);
    expect(await faultsOf(engine.db)).toEqual([]);
  },
  hour,
);

test.each([1_000, 10_000])(
  "a parent of %d nested graphs, 100 at a time, passes",
  async (children) => {
    await using engine = await setup();
    const id = await startLong(engine, await engine.save(manyChildren({ concurrency: 100 })), {
      list: count(children),
    });
    expect(await engine.over(id)).toMatchObject({ status: "COMPLETED", childExecutions: children });
    expect((await engine.read(id)).outputs).toEqual({ y: [count(children)] });
    await engine.tell(`a map of ${children}`, id);
    expect(await faultsOf(engine.db)).toEqual([]);
  },
  hour,
);
