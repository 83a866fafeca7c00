import { coalesce } from "../../../activities/coalesce";

/** Calls whose groups are handled one at a time, when the test lets them. */
function setup(limit?: number, isBad: (item: string) => boolean = () => false) {
  const groups: { key: string; items: readonly string[]; finish: () => void }[] = [];
  const call = coalesce<string, string, string>((key, items) => {
    if (items.some(isBad)) return Promise.reject(new Error(`bad: ${items.join()}`));
    return new Promise((resolve) => {
      groups.push({ key, items, finish: () => resolve(items.map((item) => `${key}:${item}`)) });
    });
  }, limit);
  /** Finishes the group that is being handled, and those that follow, until all of `calls` are answered. */
  async function finishAll<Answer>(calls: readonly Promise<Answer>[]) {
    let open = true;
    const answers = Promise.allSettled(calls).finally(() => (open = false));
    while (open) {
      for (const { finish } of groups) finish();
      await Promise.resolve();
    }
    return (await answers).map((answer) => (answer.status === "fulfilled" ? answer.value : String(answer.reason)));
  }
  return { call, groups, finishAll, handled: () => groups.map(({ items }) => items) };
}

describe("coalesce", () => {
  test("handles what comes meanwhile together, in order, and answers each its own", async () => {
    const { call, finishAll, handled } = setup();
    const calls = ["a", "b", "c", "d"].map((item) => call("k", item));
    expect(handled()).toEqual([["a"]]);
    expect(await finishAll(calls)).toEqual(["k:a", "k:b", "k:c", "k:d"]);
    expect(handled()).toEqual([["a"], ["b", "c", "d"]]);
  });

  test("takes one group at a time for each key, and keys do not wait for each other", async () => {
    const { call, groups, finishAll } = setup();
    const calls = [call("k", "a"), call("k", "b"), call("l", "c")];
    expect(groups.map(({ key }) => key)).toEqual(["k", "l"]);
    await finishAll(calls);
    expect(groups.map(({ key }) => key)).toEqual(["k", "l", "k"]);
  });

  test("takes no more into a group than its limit", async () => {
    const { call, finishAll, handled } = setup(2);
    await finishAll(["a", "b", "c", "d"].map((item) => call("k", item)));
    expect(handled()).toEqual([["a"], ["b", "c"], ["d"]]);
  });

  test("tries the items of a group that failed alone, so that one bad item fails nobody else", async () => {
    const { call, finishAll, handled } = setup(undefined, (item) => item === "bad");
    const answers = await finishAll(["a", "b", "bad", "c"].map((item) => call("k", item)));
    expect(answers).toEqual(["k:a", "k:b", "Error: bad: bad", "k:c"]);
    expect(handled()).toEqual([["a"], ["b"], ["c"]]);
  });

  test("begins anew after it was idle", async () => {
    const { call, finishAll, handled } = setup();
    await finishAll([call("k", "a")]);
    await finishAll([call("k", "b")]);
    expect(handled()).toEqual([["a"], ["b"]]);
  });

  test("fails calls whose handler answered another number of them", async () => {
    const call = coalesce<string, string, string>(() => Promise.resolve([]));
    await expect(call("k", "a")).rejects.toThrow("1 calls, 0 results");
  });
});
