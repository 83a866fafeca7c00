import { cpus, loadavg } from "node:os";
import { Connection } from "@temporalio/client";
import { version as sdkVersion } from "@temporalio/client/package.json";
import { Client } from "pg";
import type { Services } from "../local/services";

/** When, where and with what: without it the figures say nothing. The load is the machine's before the bench begins. */
export async function describeRun({ databaseUrl, temporalAddress }: Services): Promise<string> {
  const processors = cpus();
  const versions = [
    `Node ${process.versions.node}`,
    `Temporal server ${await temporalVersion(temporalAddress)}`,
    `SDK ${sdkVersion}`,
    `Postgres ${await postgresVersion(databaseUrl)}`,
  ];
  const load = loadavg()[0] ?? 0;
  const busy = load > processors.length / 2 ? " (busy: only the ratios mean something)" : "";
  const machine = `${processors.length} cores, ${processors[0]?.model.trim() ?? "unknown"}`;
  return [
    `Treeline beside raw Temporal, ${new Date().toISOString()}`,
    `${machine}, load ${load.toFixed(1)} before${busy}`,
    versions.join(", "),
  ].join("\n");
}

async function temporalVersion(address: string): Promise<string> {
  const connection = await Connection.connect({ address });
  try {
    return (await connection.workflowService.getSystemInfo({})).serverVersion;
  } finally {
    await connection.close();
  }
}

async function postgresVersion(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>("show server_version");
    return rows[0]?.server_version ?? "unknown";
  } finally {
    await client.end();
  }
}
