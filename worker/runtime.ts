import { DefaultLogger, makeTelemetryFilterString, Runtime } from "@temporalio/worker";
import type { Logger } from "pino";

let installed = false;

/** The SDK's one runtime of this process: it logs through ours, and leaves signals to us. */
export function installRuntime(log: Logger): void {
  if (installed) return;
  installed = true;
  const logger = new DefaultLogger("WARN", ({ level, message, meta }) => {
    if (level === "ERROR") log.error({ temporal: meta }, message);
    else log.warn({ temporal: meta }, message);
  });
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: "WARN", other: "WARN" }) } },
  });
}
