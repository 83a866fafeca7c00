import type { Api } from "./client";
import { Failure } from "./failure";
import { planLines } from "./lines/stop";

const keysLine = "p pause   r resume   s stop   q leave";

/** What one who watches an execution can do to it with a key; a stop shows its plan first. */
export type Steering = {
  /** Shown under the tree. */
  lines(): readonly string[];
  /** Never rejects: what the API refuses is shown. */
  press(key: string): Promise<void>;
};

/** `onChange` is called when `lines` have changed; `leave` for q and Ctrl-C, which no signal tells of in raw mode. */
export function createSteering(
  api: Pick<Api, "pause" | "resume" | "planStop" | "stop">,
  id: string,
  { onChange, leave }: { readonly onChange: () => void; readonly leave: () => void },
): Steering {
  const reason = "asked for while watching";
  let said: readonly string[] = [];
  let isAsked = false;

  async function act(key: string): Promise<readonly string[]> {
    const isConfirmed = isAsked && key === "s";
    isAsked = false;
    if (isConfirmed) return [`stop ${(await api.stop(id, { reason })).id ?? ""} goes on`];
    if (key === "p") return [(await api.pause(id, { reason })).paused ? "paused" : "it is not paused"];
    if (key === "r") return [(await api.resume(id)).paused ? "still paused, further up" : "resumed"];
    if (key !== "s") return [];
    const { plan } = await api.planStop(id, {});
    isAsked = true;
    return [...planLines(plan), "s again stops it, any other key does not"];
  }

  return {
    lines: () => [...said, keysLine],
    async press(key) {
      if (key === "q" || key === "\u0003") return leave();
      try {
        said = await act(key);
      } catch (error) {
        said = error instanceof Failure ? [error.message, ...error.details] : [String(error)];
      }
      onChange();
    },
  };
}

/** Gives each key as it is pressed, without Enter; answers what ends that. */
export function listenForKeys(input: NodeJS.ReadStream, onKey: (key: string) => void): () => void {
  const onData = (part: Buffer) => [...part.toString("utf8")].forEach(onKey);
  input.setRawMode(true).on("data", onData).resume();
  return () => {
    input.off("data", onData).setRawMode(false).pause();
  };
}
