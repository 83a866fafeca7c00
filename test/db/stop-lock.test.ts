import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fence } from "../support/factory";
import { countLockWaiters, faultsOf } from "../support/record";
import { testTree } from "../support/tree";
import { until } from "../support/wait";

const root = join(__dirname, "..", "..");

test("a worker that stands still between lock and commit holds a stop up for less than the 3 s that a step waits", async () => {
  await using tree = await testTree();
  const holder = spawn(process.execPath, ["--import", "tsx", join(root, "test/stop/holder.ts"), tree.url, tree.root], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(holder.stdout, "data");
    holder.kill("SIGSTOP");
    const { rows } = await tree.db.pool.query("show lock_timeout");
    expect(rows).toEqual([{ lock_timeout: "3s" }]); // beyond it the fence would throw
    const fencing = fence(tree.db, tree.root);
    await until(
      () => countLockWaiters(tree.db),
      (waiting) => waiting === 1,
    );
    expect(await fencing).toMatchObject({ opened: true });
    expect(await faultsOf(tree.db)).toEqual([]);
  } finally {
    holder.kill("SIGKILL");
    await once(holder, "close");
  }
});
