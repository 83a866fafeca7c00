import { Client } from "pg";
import { readConfig } from "../../config/env";
import { readRunning } from "../../local/data-folder";
import { startServices } from "../../local/services";

/**
 * A process that owns embedded servers, for tests that kill it: `owner.ts <data folder>`. It prints which servers run, and at
 * SIGINT whether Postgres still answers before it stops them.
 */
async function main(dataDir: string): Promise<void> {
  const services = await startServices(
    { ...readConfig(), databaseUrl: null, temporalAddress: null, dataDir },
    () => {},
  );
  process.on("SIGINT", () => {
    const client = new Client({ connectionString: services.databaseUrl });
    void client
      .connect()
      .then(() => client.end())
      .then(() => console.log("Postgres still answers"))
      .then(() => services.stop())
      .then(() => process.exit(0));
  });
  console.log(JSON.stringify({ databaseUrl: services.databaseUrl, servers: readRunning(dataDir)?.servers }));
}

void main(process.argv[2] ?? "");
