import { ensurePostgres, ensureTemporal } from "./services";

export default async function setup(): Promise<void> {
  await ensurePostgres();
  await ensureTemporal();
}
