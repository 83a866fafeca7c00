import { setTimeout as pause } from "node:timers/promises";

const longestMs = 60_000;

/** Reads again and again until the answer is right, and answers it. Throws, with the last answer, when that takes too long. */
export async function until<Answer>(
  read: () => Promise<Answer> | Answer,
  isRight: (answer: Answer) => boolean,
  withinMs = longestMs,
): Promise<Answer> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await read();
    if (isRight(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms; at last: ${JSON.stringify(answer)}`);
    await pause(10);
  }
}
