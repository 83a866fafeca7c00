/**
 * Gathers calls that wait for the same thing: while `handle` works for a key, whatever else comes for that key is kept and
 * handled together next. `handle` gets the items in order and answers one result for each. If a group of several fails, each
 * is tried again alone, so that one bad item fails nobody else.
 */
export function coalesce<Key, Item, Result>(
  handle: (key: Key, items: readonly Item[]) => Promise<readonly Result[]>,
  limit = 500,
): (key: Key, item: Item) => Promise<Result> {
  type Call = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void };
  const waiting = new Map<Key, Call[]>();

  async function handleAll(key: Key, calls: readonly Call[]): Promise<void> {
    try {
      const items = calls.map((call) => call.item);
      const results = await handle(key, items);
      if (results.length !== calls.length) throw new Error(`${calls.length} calls, ${results.length} results`);
      calls.forEach((call, index) => call.resolve(results[index] as Result));
    } catch (error) {
      if (calls.length === 1) return calls[0]?.reject(error);
      for (const call of calls) await handleAll(key, [call]);
    }
  }

  async function drain(key: Key, queue: Call[]): Promise<void> {
    while (queue.length > 0) await handleAll(key, queue.splice(0, limit));
    waiting.delete(key);
  }

  return (key, item) =>
    new Promise<Result>((resolve, reject) => {
      const call: Call = { item, resolve, reject };
      const queue = waiting.get(key);
      if (queue) {
        queue.push(call);
      } else {
        const fresh = [call];
        waiting.set(key, fresh);
        void drain(key, fresh);
      }
    });
}
