/** A number from 0 up to and without 1. */
export type Random = () => number;

/** Numbers that repeat themselves for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const indexes = (length: number): number[] => Array.from({ length }, (_, i) => i);

const below = (random: Random, bound: number): number => Math.floor(random() * bound);

/** In a random order, without repeats. */
export function draw<T>(from: readonly T[], count: number, random: Random): T[] {
  const left = [...from];
  for (let i = 0; i < count; i += 1) {
    const j = i + below(random, left.length - i);
    [left[i], left[j]] = [left[j] as T, left[i] as T];
  }
  return left.slice(0, count);
}

/** Every n-th, from a random beginning. */
export function systematic(length: number, count: number, random: Random): number[] {
  const step = Math.max(1, Math.floor(length / count));
  const from = below(random, step);
  return indexes(count).map((i) => from + i * step);
}

/** Each item has the same chance, in one pass over the list. */
export function reservoir(length: number, count: number, random: Random): number[] {
  const kept = indexes(count);
  for (let i = count; i < length; i += 1) {
    const j = below(random, i + 1);
    if (j < count) kept[j] = i;
  }
  return kept;
}

/** With replacement: an item of twice the weight has twice the chance, each time. */
export function weighted(weights: readonly number[], count: number, random: Random): number[] {
  let total = 0;
  const upTo = weights.map((weight) => (total += weight));
  return indexes(count).map(() => {
    const at = random() * total;
    return upTo.findIndex((sum) => at < sum);
  });
}

/** Of each stratum its share, at least one; where there are more strata than places, one of each until there is no place. */
export function stratified(keys: readonly string[], count: number, random: Random): number[] {
  const strata = [...groups(keys).values()];
  const shares = strata.map((members) => (members.length * count) / keys.length);
  const taken = shares.map((share) => Math.max(1, Math.floor(share)));
  const sum = () => taken.reduce((all, one) => all + one, 0);
  const furthest = (score: (i: number) => number) =>
    indexes(strata.length).reduce((best, i) => (score(i) > score(best) ? i : best), 0);
  while (sum() < count) {
    const i = furthest((j) =>
      (strata[j]?.length ?? 0) > (taken[j] ?? 0) ? (shares[j] ?? 0) - (taken[j] ?? 0) : -Infinity,
    );
    taken[i] = (taken[i] ?? 0) + 1;
  }
  while (sum() > count && taken.some((one) => one > 1)) {
    const i = furthest((j) => ((taken[j] ?? 0) > 1 ? (taken[j] ?? 0) - (shares[j] ?? 0) : -Infinity));
    taken[i] = (taken[i] ?? 0) - 1;
  }
  return strata.flatMap((members, i) => draw(members, taken[i] ?? 0, random)).slice(0, count);
}

/** Whole clusters in a random order until there are enough, then cut. */
export function clustered(keys: readonly string[], count: number, random: Random): number[] {
  const clusters = [...groups(keys).values()];
  return draw(clusters, clusters.length, random).flat().slice(0, count);
}

function groups(keys: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [i, key] of keys.entries()) found.set(key, [...(found.get(key) ?? []), i]);
  return found;
}
