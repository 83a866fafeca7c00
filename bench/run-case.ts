import { warmUp, type Case, type RunCase, type Together } from "./cases";
import { percentile, type Figures } from "./figures";
import { rateOf, timeOne, type Batch } from "./measure";
import { runEventCase } from "./event-case";
import { runStopCase } from "./stop-case";
import type { Workload } from "./workload";
import { inTurn, names, type Measured, type Sides } from "./turns";

type Samples = { readonly times: number[]; readonly rates: number[] };

/**
 * Measures a case on both sides in `repeat` rounds. They take turns, run by run and batch by batch, and the one that begins
 * changes: what disturbs the machine disturbs both. Times of all rounds are taken together; of rates the median round counts.
 * `scale` multiplies the runs.
 */
export async function runCase(
  whole: Case,
  sides: Sides,
  { repeat, scale }: { readonly repeat: number; readonly scale: number },
  report: (line: string) => void,
): Promise<Measured> {
  if ("tree" in whole) return runStopCase(whole, sides, repeat, report);
  if ("clients" in whole) return runEventCase(whole, sides, { repeat, scale }, report);
  const one = scaled(whole, scale);
  const samples = { treeline: emptySamples(), rawTemporal: emptySamples() };
  report(`${one.name}: warming up`);
  await warm(one, sides);
  const rateRounds = Math.min(repeat, one.together?.rounds ?? repeat);
  const rounds = one.alone > 0 ? Math.min(repeat, one.rounds ?? repeat) : rateRounds;
  for (let round = 1; round <= rounds; round++) {
    report(`${one.name}: round ${round} of ${rounds}`);
    for (let run = 0; run < one.alone; run++) {
      for (const name of inTurn(run)) samples[name].times.push(await timeOne(sides[name], workloadOf(one, name)));
    }
    if (!one.together || round > rateRounds) continue;
    for (const name of inTurn(round)) {
      samples[name].rates.push(await rateOf(sides[name], workloadOf(one, name), one.together[name]));
    }
  }
  return {
    treeline: figuresOf(one, "treeline", samples.treeline),
    rawTemporal: figuresOf(one, "rawTemporal", samples.rawTemporal),
  };
}

function emptySamples(): Samples {
  return { times: [], rates: [] };
}

async function warm(one: RunCase, sides: Sides): Promise<void> {
  const { alone, together } = one;
  for (const name of names) {
    const workload = workloadOf(one, name);
    for (let run = 0; run < Math.min(alone, warmUp.alone); run++) await timeOne(sides[name], workload);
    if (together) await rateOf(sides[name], workload, shareOf(together[name], warmUp.share));
  }
}

function workloadOf({ workload, rawWorkload = workload }: RunCase, name: keyof Sides): Workload {
  return name === "treeline" ? workload : rawWorkload;
}

function scaled(one: RunCase, scale: number): RunCase {
  const { alone, together } = one;
  return {
    ...one,
    alone: Math.ceil(alone * scale),
    together: together && {
      ...together,
      treeline: shareOf(together.treeline, scale),
      rawTemporal: shareOf(together.rawTemporal, scale),
    },
  };
}

function shareOf({ runs, concurrency }: Batch, share: number): Batch {
  const some = Math.ceil(runs * share);
  return { runs: some, concurrency: Math.min(some, concurrency) };
}

function figuresOf(one: RunCase, name: keyof Sides, { times, rates }: Samples): Figures {
  const { together } = one;
  return {
    ...(times.length > 0 ? { p50Ms: percentile(times, 0.5), p95Ms: percentile(times, 0.95) } : {}),
    ...(together && rates.length > 0
      ? { [together.metric]: percentile(rates, 0.5) * unitsOf(together, workloadOf(one, name)) }
      : {}),
  };
}

function unitsOf({ metric }: Together, workload: Workload): number {
  return metric === "nodesPerSecond" && "nodes" in workload ? workload.nodes : 1;
}
