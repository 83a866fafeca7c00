const now = () => performance.timeOrigin + performance.now();

export type Follower = {
  /** Resolves when the stream has said its end, with how many milliseconds after each event's time the event was here. */
  readonly late: (since: number) => Promise<readonly number[]>;
};

/** Follows an event stream from its first event; resolves when it is open. Throws where it ends without saying so. */
export async function openFollower(url: string): Promise<Follower> {
  const response = await fetch(url, { headers: { accept: "text/event-stream" } });
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
  const stream = response.body.pipeThrough(new TextDecoderStream());
  const seen: { readonly at: number; readonly late: number }[] = [];
  const read = async () => {
    let rest = "";
    for await (const part of stream) {
      const here = now();
      const blocks = (rest + part).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        if (/^event: end$/m.test(block)) return;
        const [, at] = /"at":"([^"]+)"/.exec(block) ?? [];
        if (at !== undefined) seen.push({ at: Date.parse(at), late: here - Date.parse(at) });
      }
    }
    throw new Error(`${url} ended without its end`);
  };
  const reading = read();
  reading.catch(() => {}); // `late` rejects with it
  return {
    async late(since) {
      await reading;
      return seen.filter(({ at }) => at >= since).map(({ late }) => late);
    },
  };
}
