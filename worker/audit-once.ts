import { Client, Connection } from "@temporalio/client";
import pino from "pino";
import { connect } from "../db/client";
import { createAudit, firstPlace, type Audit } from "./audit";
import { repairOne } from "./auditor";
import type { Orphan } from "./orphans";
import { createWorkflowStates } from "./workflow-states";

export type AuditOnceOptions = {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly repair: boolean;
};

/** `repaired`: false where somebody else was quicker, and where nothing was to be repaired. */
export type Audited = Orphan & { readonly repaired: boolean };

/** 10,000 live executions: what is beyond is for the auditor of the workers, which goes on where it was. */
const roundsAtMost = 100;

/** One audit of everything, for a person who asks. Throws where Postgres or Temporal do not answer. */
export async function auditOnce(options: AuditOnceOptions): Promise<Audited[]> {
  const { namespace, taskQueue } = options;
  const db = connect(options.databaseUrl, { max: 2 });
  try {
    const connection = await Connection.connect({ address: options.temporalAddress, connectTimeout: "5 seconds" });
    try {
      const states = createWorkflowStates(new Client({ connection, namespace }), taskQueue);
      const found = await findAll(createAudit({ db, states }));
      const log = pino({ level: "silent" });
      const audited: Audited[] = [];
      for (const orphan of found) {
        audited.push({ ...orphan, repaired: options.repair && (await repairOne({ db, states, log }, orphan)) });
      }
      return audited;
    } finally {
      await connection.close();
    }
  } finally {
    await db.close();
  }
}

/** Open stops come up in every round, so each orphan is taken once. */
async function findAll(audit: Audit): Promise<Orphan[]> {
  const found = new Map<string, Orphan>();
  let place = firstPlace;
  for (let rounds = 0; rounds < roundsAtMost; rounds++) {
    const round = await audit.round(place);
    for (const orphan of round.orphans) found.set(`${orphan.kind} ${orphan.executionId}`, orphan);
    if (round.done) break;
    place = round.next;
  }
  return [...found.values()];
}
