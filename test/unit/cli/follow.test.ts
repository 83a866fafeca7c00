import { Failure } from "../../../cli/failure";
import { follow, type Follow } from "../../../cli/follow";

/** Follows answers that come in this order; an error is thrown. */
function setup(answers: readonly (number | Failure)[], changes: Partial<Follow<number>> = {}) {
  const seen: (number | "away")[] = [];
  const rest = [...answers];
  const followed = follow<number>({
    ask() {
      const next = rest.shift() ?? new Failure("fault", "asked too often");
      return next instanceof Failure ? Promise.reject(next) : Promise.resolve(next);
    },
    isOver: (answer) => answer === 0,
    onAnswer: (answer) => void seen.push(answer),
    onAway: () => void seen.push("away"),
    hints: ["it goes on"],
    ...changes,
  });
  return { followed, seen };
}

const away = new Failure("unreachable", "away");
const signals = () => (["SIGINT", "SIGTERM"] as const).map((signal) => process.listenerCount(signal));

test("asks until it is over, through an API that is away for a while, which is said once", async () => {
  const before = signals();
  const { followed, seen } = setup([3, away, away, 2, away, 0]);
  expect(await followed).toBe(0);
  expect(seen).toEqual([3, "away", 2, "away"]);
  expect(signals()).toEqual(before);
});

test("ends with what is no matter of being away", async () => {
  const { followed } = setup([3, new Failure("not_found", "gone")]);
  await expect(followed).rejects.toMatchObject({ kind: "not_found" });
});

test("is left at a signal, and by the time, saying what goes on; an open question is given up", async () => {
  const hangs = (signal: AbortSignal) =>
    new Promise<number>((_, refuse) => signal.addEventListener("abort", () => refuse(signal.reason)));
  const late = setup([], { ask: hangs, timeoutMs: 1 });
  await expect(late.followed).rejects.toMatchObject({ kind: "timed_out", details: ["it goes on"] });
  const left = setup([], { ask: hangs });
  process.emit("SIGINT");
  process.emit("SIGINT"); // it comes more than once
  await expect(left.followed).rejects.toMatchObject({ kind: "left", details: ["it goes on"] });
});
