import type { Event } from "../answers";

/** Characters of what an event says. */
const longestDetail = 200;

/** "  17  2026-01-01T00:00:00.000Z  node.output  <execution>  fill output "Hi"". */
export function eventLine({ seq, at, type, executionId, data }: Event): string {
  const { nodeId, ...rest } = data;
  const says = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const detail = [...(typeof nodeId === "string" ? [nodeId] : []), ...says].join(" ");
  const shown = detail.length > longestDetail ? `${detail.slice(0, longestDetail)}…` : detail;
  return [String(seq ?? "").padStart(6), at, type.padEnd(20), executionId, shown].join("  ").trimEnd();
}
