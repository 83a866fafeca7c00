import type { StopCase } from "./cases";
import { percentile, type Figures } from "./figures";
import { inTurn, names, type Measured, type Sides } from "./turns";
import type { StopTimes } from "./workload";

/** Grows and stops the tree once on each side in each of `repeat` rounds, after a small one to warm up. */
export async function runStopCase(
  { name, tree }: StopCase,
  sides: Sides,
  repeat: number,
  report: (line: string) => void,
): Promise<Measured> {
  const times = { treeline: [] as StopTimes[], rawTemporal: [] as StopTimes[] };
  report(`${name}: warming up`);
  for (const side of names) await sides[side].stopTree({ children: 2, leaves: 2 });
  for (let round = 1; round <= repeat; round++) {
    report(`${name}: round ${round} of ${repeat}`);
    for (const side of inTurn(round)) times[side].push(await sides[side].stopTree(tree));
  }
  return { treeline: figuresOf(times.treeline), rawTemporal: figuresOf(times.rawTemporal) };
}

function figuresOf(times: readonly StopTimes[]): Figures {
  const fenced = times.flatMap(({ fencedMs }) => fencedMs ?? []);
  const quiesced = times.map(({ quiescedMs }) => quiescedMs);
  const closed = times.map(({ closedMs }) => closedMs);
  return {
    quiescedMs: percentile(quiesced, 0.5),
    quiescedMaxMs: Math.max(...quiesced),
    closedMs: percentile(closed, 0.5),
    closedMaxMs: Math.max(...closed),
    answeredMs: percentile(
      times.map(({ answeredMs }) => answeredMs),
      0.5,
    ),
    ...(fenced.length > 0 ? { fencedMs: percentile(fenced, 0.5), fencedMaxMs: Math.max(...fenced) } : {}),
  };
}
