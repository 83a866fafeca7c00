import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Config } from "../config/env";
import type { Database } from "../db/client";
import type { Places } from "../db/places";
import type { BlockCatalog } from "../graph/block";
import type { Limits } from "../graph/definition";
import type { Dispatcher } from "./dispatcher";
import type { EndedListener } from "./ended";
import type { LiveEvents } from "./live-events";
import type { Check } from "./readiness";

/** All that the API needs of the process it runs in. */
export type AppDeps = {
  readonly db: Database;
  /** Of stops alone: a fence waits for no other request. */
  readonly stopDb: Database;
  readonly catalog: BlockCatalog;
  /** Roots that may be begun at a time. */
  readonly places: Places;
  readonly dispatcher: Pick<Dispatcher, "startNow" | "followStop">;
  readonly ended: Pick<EndedListener, "waitFor">;
  readonly events: Pick<LiveEvents, "follow" | "times">;
  readonly checkReadiness: () => Promise<readonly Check[]>;
  readonly config: Pick<Config, "maxBodyBytes" | "maxValueBytes" | "maxFileBytes" | "temporalNamespace"> & {
    /** Of limits, by the operator. */
    readonly maxima: Limits;
  };
  /** Temporal's Web UI, for links; null: there is none. */
  readonly uiUrl: string | null;
  readonly metrics: Registry;
  readonly log: Logger;
  /** Fires when the process stops: what waits is answered with what is known. */
  readonly stopping: AbortSignal;
};
