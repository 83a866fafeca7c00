import { join } from "node:path";
import { BlockFailure } from "../block";
import type { Block, RemoteBlock } from "../block";
import type { Emission } from "../../graph/definition";
import { invalid, readChoice, readInteger, readList, readText } from "../inputs";
import { createThreads } from "../threads/pool";
import type { RunAside } from "../threads/pool";
import * as definitions from "./definition";
import type { CodeJob, Ran } from "./sandbox";

const longestSeconds = 300;
/** The interpreter looks at the clock itself; a thread that is deaf to it (in one long built-in call) is ended after so long more. */
const graceMs = 2_000;

/** Beside the interpreter's own memory: for what goes in and out. */
const heapMb = 128;

type RunCode = RunAside<CodeJob, Ran>;

function executeCode(runAside: RunCode): RemoteBlock {
  return {
    definition: definitions.executeCode,
    timeoutMs: (longestSeconds + 60) * 1_000,
    run: async (inputs, { signal }) => {
      const language = readChoice(inputs, "language", definitions.languages, "python");
      if (language !== "js") throw needsSandbox(`language ${language}`);
      if (readList(inputs, "setup_commands", []).length > 0) throw needsSandbox("setup_commands");
      const seconds = readInteger(inputs, "timeout", longestSeconds);
      if (seconds < 1 || seconds > longestSeconds) throw invalid(`timeout must be 1 to ${longestSeconds} seconds`);
      return emissionsOf(
        await runWithin(runAside, { code: readText(inputs, "code", ""), limitMs: seconds * 1_000 }, signal),
      );
    },
  };
}

async function runWithin(runAside: RunCode, job: CodeJob, signal: AbortSignal): Promise<Ran> {
  const limit = AbortSignal.timeout(job.limitMs + graceMs);
  try {
    return await runAside(job, AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    throw limit.aborted ? overrun(`${job.limitMs / 1_000} s`) : error;
  }
}

function emissionsOf(ran: Ran): Emission[] {
  const logs = [
    { pin: "stdout_logs", value: ran.stdout },
    { pin: "stderr_logs", value: ran.stderr },
  ].filter(({ value }) => value !== "");
  if ("failure" in ran) throw new BlockFailure(ran.failure.code, ran.failure.message, { emitted: logs });
  const { value } = ran;
  const main = value === null ? {} : { text: value.text, ...(value.json === undefined ? {} : { json: value.json }) };
  return [
    { pin: "results", value: value === null ? [] : [main] },
    { pin: "main_result", value: main },
    ...(value === null || value.text === "" ? [] : [{ pin: "response", value: value.text }]),
    ...logs,
  ];
}

function needsSandbox(what: string): BlockFailure {
  return new BlockFailure(
    "sandbox_missing",
    `${what} needs a sandbox, and none is configured; js runs here without one`,
  );
}

function overrun(limit: string): BlockFailure {
  return new BlockFailure("code_limit", `the code was ended: it took over ${limit}`);
}

export function codeBlocks(): readonly Block[] {
  const limitMs = longestSeconds * 1_000 + 2 * graceMs;
  return [executeCode(createThreads({ entry: join(__dirname, "thread"), limitMs, heapMb, overrun }))];
}
