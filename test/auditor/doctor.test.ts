import { startRunning, type RunningTreeline } from "../cli/running";
import { testTemporal } from "../support/temporal";
import { until } from "../support/wait";

let running: RunningTreeline;
beforeAll(async () => {
  running = await startRunning({ TREELINE_AUDIT_SECONDS: "3600" }); // what is wrong is left to the doctor
});

type Doctored = {
  readonly ok: boolean;
  readonly checks: readonly { name: string; state: string; says: string }[];
  readonly orphans: readonly object[];
};

/** An execution that only waits, whose workflow somebody has terminated. */
async function setup() {
  const { treeline } = running;
  const ran = await treeline("run", "examples/long-wait.json", "--json");
  const { id } = JSON.parse(ran.stdout) as { id: string };
  const read = async () => (await running.ask(`/v1/executions/${id}`)) as { status: string; endReason: string | null };
  await until(read, ({ status }) => status !== "QUEUED");
  const { client } = await testTemporal();
  await client.workflow.getHandle(id).terminate("by hand");
  const doctor = async (...options: string[]) => {
    const { code, stdout } = await treeline("doctor", "--json", ...options);
    return { code, ...(JSON.parse(stdout) as Doctored) };
  };
  return { id, read, treeline, doctor };
}

test("doctor says what is wrong since when, repairs it when told to, and then finds nothing", async () => {
  const { id, read, treeline, doctor } = await setup();
  // What is older than two seconds is looked at.
  const found = await until(doctor, ({ orphans }) => orphans.length > 0);
  expect(found).toMatchObject({
    code: 7,
    ok: false,
    orphans: [{ kind: "workflow_ended", executionId: id, rootId: id, since: expect.any(String), repaired: false }],
  });
  expect(found.checks.at(-1)).toMatchObject({ name: "record", state: "wrong", says: "1 difference with Temporal" });

  const words = await treeline("doctor");
  expect(words.code).toBe(7);
  expect(words.stdout).toMatch(
    new RegExp(
      `^WRONG +execution ${id}: its workflow was terminated at Temporal by .+ \\("by hand"\\), .+ \\(for .+\\)$`,
      "m",
    ),
  );
  expect(words.stdout).toMatch(/^ +to repair: stop it with all that is below it$/m);
  expect(await read()).toMatchObject({ endReason: null });

  expect(await doctor("--repair")).toMatchObject({ code: 0, ok: true, orphans: [{ executionId: id, repaired: true }] });
  expect(await until(read, ({ status }) => status === "TERMINATED")).toMatchObject({ endReason: "stopped" });
  expect(await until(doctor, ({ orphans }) => orphans.length === 0)).toMatchObject({ code: 0, ok: true });
  const metrics = (await (await fetch(`${running.api}/metrics`)).text()).split("\n");
  expect(metrics).toContain('treeline_orphans_total{kind="workflow_ended"} 1');
  expect(metrics).toContain('treeline_orphans_total{kind="workflow_missing"} 0');
});
