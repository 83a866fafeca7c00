type Span = { readonly startedAt: string | null; readonly endedAt: string | null };

/** How long it took, or has taken until `now`; "" for what has not started. */
export function elapsed({ startedAt, endedAt }: Span, now: number): string {
  if (startedAt === null) return "";
  return duration((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt));
}

/** As people say it: "412 ms", "1.2 s", "2 min 5 s", "3 h 10 min". */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.round(ms)); // clocks of two machines differ
  if (whole < 1_000) return `${whole} ms`;
  if (whole < 59_950) return `${(whole / 1_000).toFixed(1)} s`;
  const seconds = Math.round(whole / 1_000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
