import { ensurePostgres } from "./services";

export default ensurePostgres;
