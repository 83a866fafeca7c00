/** More than this is not searched: faults come by the ten thousand where a request is made to hurt. */
const mostCandidates = 200;
const mostListed = 20;

/** `; did you mean "…"?` where a candidate is one slip away from the word, else what there is if that is little, else nothing. */
export function suggestion(word: string, candidates: readonly string[]): string {
  if (candidates.length > mostCandidates) return "";
  const near = candidates.find((candidate) => isOneSlip(word, candidate));
  if (near !== undefined) return `; did you mean "${near}"?`;
  if (candidates.length === 0) return "; there is none";
  return candidates.length <= mostListed ? `; there is ${candidates.map((one) => `"${one}"`).join(", ")}` : "";
}

/** Equal but for case and `_` or `-`, or one letter too many, too few, wrong, or two swapped. */
function isOneSlip(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 3) return false;
  if (plain(a) === plain(b)) return true;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const restA = a.slice(start, a.length - end);
  const restB = b.slice(start, b.length - end);
  if (restA.length <= 1 && restB.length <= 1) return a.length > 2;
  return restA.length === 2 && restB.length === 2 && restA[0] === restB[1] && restA[1] === restB[0];
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[_-]/g, "");
}
