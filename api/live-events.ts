import type { Logger } from "pino";
import { eventsChannel, readNotice } from "../db/announcer";
import type { Database } from "../db/client";
import { readTreeSeqs } from "../db/events";
import { listen } from "../db/wake";
import type { ExecutionId } from "../graph/ids";
import { createLiveTree, type Follower, type LiveTree } from "./live-tree";

/** The fallback where a wake-up was lost: one query, however many trees are followed. */
const lookEveryMs = 1_000;

export type Following = Pick<LiveTree, "next" | "findEnd" | "look"> & { leave(): void };

export type StreamTimes = {
  /** Between comments that show a client that the stream lives. */
  readonly heartbeatMs: number;
  /** A client that has not taken what it was sent within this time is let go; it comes back where it was. */
  readonly stalledMs: number;
};
const usual: StreamTimes = { heartbeatMs: 15_000, stalledMs: 30_000 };

/** The trees that clients of this process follow: one LISTEN connection and one reader a tree, however many clients. */
export type LiveEvents = {
  /** `treeSeq`: the number of the tree's last event, as just read. */
  follow(rootId: ExecutionId, treeSeq: number, follower: Follower): Following;
  readonly times: StreamTimes;
  close(): Promise<void>;
};

export async function createLiveEvents(
  db: Database,
  databaseDirectUrl: string,
  log: Logger,
  times: StreamTimes = usual,
): Promise<LiveEvents> {
  const trees = new Map<ExecutionId, LiveTree>();
  const onFault = (err: unknown) => log.warn({ err }, "could not read events; the next look makes up for it");
  const listener = await listen(
    databaseDirectUrl,
    eventsChannel,
    (payload) => {
      const notice = readNotice(payload);
      if ("roots" in notice) return notice.roots.forEach((rootId) => trees.get(rootId)?.look());
      const { type, rootId, path, ...rest } = notice;
      const text = `event: ${type}\ndata: ${JSON.stringify({ type, rootId, ...rest })}\n\n`;
      trees.get(rootId)?.note({ type, path, text });
    },
    () => trees.forEach((tree) => tree.look()),
  );

  async function lookAtAll(): Promise<void> {
    if (trees.size === 0) return;
    const seqs = await readTreeSeqs(db, [...trees.keys()]);
    trees.forEach((tree, rootId) => tree.lookIfBehind(seqs.get(rootId)));
  }
  const timer = setInterval(() => void lookAtAll().catch(onFault), lookEveryMs);

  return {
    times,
    follow(rootId, treeSeq, follower) {
      const tree = trees.get(rootId) ?? createLiveTree(db, rootId, treeSeq, onFault);
      trees.set(rootId, tree);
      tree.join(follower);
      tree.lookIfBehind(treeSeq);
      const leave = () => {
        if (tree.leave(follower) && trees.get(rootId) === tree) trees.delete(rootId);
      };
      return { ...tree, leave };
    },
    async close() {
      clearInterval(timer);
      await listener.close();
    },
  };
}
