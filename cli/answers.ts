import type { z } from "zod";
import type { EventJson, eventPage } from "../api/resources/event";
import type { graph, graphSummary, importedGraph } from "../api/resources/graph";
import type { review } from "../api/resources/review";
import type { stop, stopPlan } from "../api/resources/stop";

/** What the API answers, by its own schemas. */
export type { Problem } from "../api/problem";
export type { ExecutionJson as Execution } from "../api/resources/execution";
export type { NodeExecutionJson as NodeExecution } from "../api/resources/node-execution";
export type { TreeJson as Tree } from "../api/resources/tree";
export type EventPage = z.infer<typeof eventPage>;
/** What is only told, such as progress, has no number. */
export type Event = Omit<EventJson, "seq"> & Partial<Pick<EventJson, "seq">>;
export type GraphSummary = z.infer<typeof graphSummary>;
export type Graph = z.infer<typeof graph>;
export type ImportedGraph = z.infer<typeof importedGraph>;
export type Review = z.infer<typeof review>;
export type Stop = z.infer<typeof stop>;
export type StopPlan = z.infer<typeof stopPlan>["plan"];
