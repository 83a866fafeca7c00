import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { readConfig } from "../../config/env";
import { findTemporalCli } from "../../local/temporal-cli";
import { testVariable } from "../support/variables";
import { until } from "../support/wait";
import { startRunning } from "./running";

const root = resolve(__dirname, "../..");
const page = join(root, "docs/tour.md");

/** Run as they stand on the page, but for npm itself, which would take a second each time. */
const shell = `npm() {
  local what=$2; shift 3
  if [ "$what" = treeline ]; then "$NODE" --import tsx "$ROOT/cli/main.ts" "$@"; else "$TEMPORAL_CLI" "$@"; fi
}
`;

/** A transcript: what was run and what it answered, with the ids, times and ports of every other run. */
async function setup() {
  const { api, ask, env } = await startRunning();
  const cli = await findTemporalCli(readConfig(), () => {});
  const ids = new Map<string, string>();
  const lines: string[] = [];

  function normalise(line: string): string {
    return line
      .replaceAll(api, "http://127.0.0.1:8080")
      .replaceAll(api.slice("http://".length), "127.0.0.1:8080")
      .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) => {
        if (!ids.has(id)) ids.set(id, `0199c0de-0000-7000-8000-${String(ids.size + 1).padStart(12, "0")}`);
        return ids.get(id) ?? id;
      })
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, "2026-11-21T12:00:00.000Z")
      .replaceAll(/  (?:\d+(?:\.\d+)? (?:ms|s|min|h)\s?)+$/g, "  0.1 s")
      .trimEnd();
  }

  return {
    ask: async (path: string) => (await ask(path)) as Record<string, never>,
    page: () => `${lines.join("\n").trimEnd()}\n`,
    say: (...said: string[]) =>
      void lines.push(...said.flatMap((one) => (one.startsWith("#") ? [one, ""] : [one])), ""),
    /** Runs a line of the page; answers what it said on stdout and stderr. `shown`: the lines that are the same each time. */
    async run(line: string, shown = /./): Promise<string> {
      const child = spawn("bash", ["-c", `${shell}${line.replaceAll("http://127.0.0.1:8080", api)} 2>&1`], {
        cwd: root,
        env: {
          ...{ PATH: process.env["PATH"], HOME: process.env["HOME"], NODE: process.execPath, ROOT: root, ...env },
          ...{ TEMPORAL_CLI: cli.path, TEMPORAL_ADDRESS: testVariable("temporal") },
        },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [said] = await Promise.all([text(child.stdout), once(child, "close")]);
      const all = said.trimEnd().split("\n");
      const left = all.filter((one) => shown.test(one)).map(normalise);
      const answer = left.length < all.length ? [...left, "…"] : left;
      lines.push("```console", `$ ${normalise(line)}`, ...answer.filter(Boolean), "```", "");
      return said;
    },
  };
}

/** Whether it has begun when the start is answered is a matter of milliseconds. */
const facts = /^saved|^ +(id|graph) /;

type Setup = Awaited<ReturnType<typeof setup>>;

const idIn = (said: string, before: RegExp) => {
  const [, id] = new RegExp(`${before.source}([0-9a-f-]{36})`, "m").exec(said) ?? [];
  if (!id) throw new Error(`no id after ${before.source} in:\n${said}`);
  return id;
};

/** The question that waits, when it does. */
const asked = async ({ ask }: Setup, executionId: string, question: string) => {
  const { reviews } = await until(
    () => ask(`/v1/reviews?status=waiting&executionId=${executionId}`) as Promise<never> as Promise<Reviews>,
    (answer) => answer.reviews[0]?.question === question,
  );
  return reviews[0]?.id ?? "";
};
type Reviews = { readonly reviews: readonly { readonly id: string; readonly question: string }[] };

test("the tour goes as docs/tour.md tells it", async () => {
  const tour = await setup();
  const { say, run, ask } = tour;
  const reached = (id: string, status: string) =>
    until(
      () => ask(`/v1/executions/${id}`),
      (execution) => execution["status"] === status,
    );

  say(
    "# A tour",
    "A graph that asks people, paused, resumed and answered in three ways, and another one stopped. The page is written by",
    "`test/cli/tour.test.ts`, which runs every line of it and fails where an answer differs (`TREELINE_TOUR=write` writes it anew). Ids and",
    "times are made even. `npm run dev` runs in another terminal.",
  );
  say("## Start", "The graph asks for approval of a text, then how many copies, then whether to send it.");
  const started = await run("npm run treeline -- run examples/newsletter.json --input topic=Porto", facts);
  const id = idIn(started, /^ +id +/);
  const first = await asked(tour, id, "the text");
  await reached(id, "WAITING");
  await run(`npm run treeline -- reviews --execution ${id}`);

  say("## Answer with curl", "The data may be changed; what is not given stays as it was asked.");
  await run(
    `curl -s -X POST http://127.0.0.1:8080/v1/reviews/${first} -H 'content-type: application/json' -H 'x-treeline-actor: ada' -d '{"decision":"approve","data":"Dear readers, this month: Porto and its bridges.","message":"with the bridges"}'`,
  );

  say("## Answer with the CLI", "This question names who may answer, and its data has to fit a schema.");
  const second = await asked(tour, id, "How many copies?");
  await run(`npm run treeline -- answer ${second} --data 300`);
  await run(`npm run treeline -- answer ${second} --data '"many"' --as bob`);

  say("Paused, an answer is taken, and nothing follows from it until the execution is resumed:");
  await run(`npm run treeline -- pause ${id} --reason lunch`);
  await run(`npm run treeline -- answer ${second} --data 300 --as bob`);
  await run(`npm run treeline -- reviews --execution ${id}`);
  await reached(id, "PAUSED");
  await run(`npm run temporal -- workflow signal --workflow-id ${id} --name resume --input '{"by":"ada"}'`);
  await asked(tour, id, "send it?");

  say("## Answer with a signal", "What cannot be understood is refused, logged by the worker, and changes nothing.");
  await run(`npm run temporal -- workflow signal --workflow-id ${id} --name answer --input '"yes, please"'`);
  await run(
    `npm run temporal -- workflow signal --workflow-id ${id} --name answer --input '{"decision":"approve","message":"go","by":"carol"}'`,
  );
  await reached(id, "COMPLETED");
  await run(`npm run treeline -- show ${id}`);
  say("All of it is in the record:");
  await run(`npm run treeline -- events ${id} | grep -E 'review|paused|resumed|execution'`);

  say("## Pause and stop by signals", "Another one, paused and then stopped; its question is withdrawn.");
  const other = idIn(await run("npm run treeline -- run examples/newsletter.json", facts), /^ +id +/);
  await asked(tour, other, "the text");
  await run(
    `npm run temporal -- workflow signal --workflow-id ${other} --name pause --input '{"reason":"wait for ada","by":"bob"}'`,
  );
  await reached(other, "PAUSED");
  await run(
    `npm run temporal -- workflow signal --workflow-id ${other} --name stop --input '{"reason":"wrong month","by":"ada"}'`,
  );
  await reached(other, "TERMINATED");
  await run(`npm run treeline -- reviews --status withdrawn --execution ${other}`);

  if (process.env["TREELINE_TOUR"] === "write") writeFileSync(page, tour.page());
  expect(tour.page()).toBe(readFileSync(page, "utf8"));
}, 300_000);
