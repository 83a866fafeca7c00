import type { Stream } from "./event-stream";

export type Joined = { readonly seqs: readonly number[]; readonly cuts: number };

/**
 * Follows until the end, leaving at random after `longest` events at most and coming back after the last number; answers the
 * numbers of all it got. The same seed leaves at the same events.
 */
export async function joinStreams(
  open: (headers: Record<string, string>) => Promise<Stream>,
  seed: number,
  longest: number,
  onSeq: (seq: number) => void = () => {},
): Promise<Joined> {
  let state = seed * 7_919;
  const random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  const seqs: number[] = [];
  for (let cuts = 0; ; cuts++) {
    const stream = await open(seqs.length === 0 ? {} : { "Last-Event-ID": String(seqs.at(-1)) });
    let left = 1 + Math.floor(random() * longest);
    for await (const sent of stream) {
      if (!("event" in sent)) continue;
      if (sent.event === "end") return { seqs, cuts };
      seqs.push(sent.id ?? NaN);
      onSeq(seqs.length);
      if (--left === 0) break;
    }
    stream.cut();
  }
}
