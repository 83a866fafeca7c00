import { ensurePostgres } from "./services";

export default async function setup(): Promise<void> {
  await ensurePostgres();
}
