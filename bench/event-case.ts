import type { EventCase } from "./cases";
import { percentile } from "./figures";
import type { Measured, Sides } from "./turns";

/** Lets `clients` follow one execution in each of `repeat` rounds. Raw Temporal has no such stream. */
export async function runEventCase(
  { name, clients, ticks }: EventCase,
  { treeline }: Pick<Sides, "treeline">,
  { repeat, scale }: { readonly repeat: number; readonly scale: number },
  report: (line: string) => void,
): Promise<Measured> {
  if (!treeline.followEvents) throw new Error("this side has no events");
  const late: number[] = [];
  report(`${name}: warming up`);
  await treeline.followEvents(1, 3);
  for (let round = 1; round <= repeat; round++) {
    report(`${name}: round ${round} of ${repeat}`);
    late.push(...(await treeline.followEvents(clients, Math.ceil(ticks * scale))));
  }
  return { treeline: { eventP50Ms: percentile(late, 0.5), eventP99Ms: percentile(late, 0.99) }, rawTemporal: {} };
}
