import type { Logger } from "pino";
import type { ReviewKind } from "../graph/answer";
import type { BlockDefinition } from "../graph/block";
import type { Emission } from "../graph/definition";
import type { Json, JsonObject, JsonSchema } from "../graph/json";
import type { FindCredential } from "./credential";

/** Final inputs of a node execution: constants, linked values and folded dynamic pins. Schema defaults are the block's to apply. */
export type Inputs = JsonObject;

/** What the worker's configuration gives to every block. */
export type Surroundings = {
  /** Whether outbound requests may reach private addresses (TREELINE_HTTP_ALLOW_PRIVATE). */
  readonly allowPrivateAddresses: boolean;
  /** Longest file that a block may fetch or store (TREELINE_MAX_FILE_BYTES). */
  readonly maxFileBytes: number;
  /** Where language models answer; null: nobody has said. */
  readonly models: Models | null;
  /** The credential that a reference names. Throws `BlockFailure` `credential_missing`. */
  readonly credential: FindCredential;
};

/** An endpoint with the API of OpenAI. */
export type Models = {
  readonly baseUrl: string;
  readonly apiKey: string | null;
  /** The one that runs where a graph names none of `known`. */
  readonly model: string;
  readonly known: readonly string[];
};

/** What a block that acts on the world is given. */
export type BlockContext = Surroundings & {
  /** Aborts when the node is stopped, times out or its worker shuts down. Pass it on to whatever can take it. */
  readonly signal: AbortSignal;
  /** The same for every attempt of one node execution: send it to services that deduplicate. */
  readonly idempotencyKey: string;
  readonly log: Pick<Logger, "debug" | "info" | "warn">;
  readonly memory: Memory;
  readonly files: Files;
  /** The pins that links from the node's pin `tools` lead to, in the order of the graph's links. */
  readonly tools: readonly ToolPin[];
  /** Adds to what the node execution has used, such as `{inputTokens: 12}`; it is recorded with the result. */
  readonly use: (usage: Usage) => void;
  /** Tells whoever watches how far it is, as often as it likes: the newest counts, and it is kept nowhere. */
  readonly progress: (progress: Progress) => void;
  /** Shows whoever watches a part of a text as it comes, such as a model's tokens. The whole is still to be emitted. */
  readonly token: (text: string) => void;
};

export type Progress = { readonly done: number; readonly total?: number; readonly message?: string };

/** Amounts by unit. */
export type Usage = { readonly [unit: string]: number };

/** What outlives executions, of the owner of this one: for its graph, or for all graphs. */
export type Memory = {
  read(scope: MemoryScope, key: string): Promise<Json | undefined>;
  write(scope: MemoryScope, key: string, value: Json): Promise<void>;
};
export type MemoryScope = "within_agent" | "across_agents";

/** Files of this execution's owner; references to them are made and read by graph/file.ts. */
export type Files = {
  /** Longest file, in bytes (TREELINE_MAX_FILE_BYTES). */
  readonly maxBytes: number;
  /** Answers its id; the file stays as long as the tree of this execution does. */
  store(content: FileContent): Promise<string>;
  /** null: there is none. What is read stays as long as the tree does. */
  read(id: string): Promise<FileContent | null>;
};
export type FileContent = { readonly bytes: Uint8Array; readonly contentType: string };

/** One parameter of a tool: a sink node of a `tools` link is a function, its linked pins are the parameters. */
export type ToolPin = {
  readonly sinkId: string;
  readonly sinkPin: string;
  /** What the graph's author calls the sink node, else its block's name. */
  readonly name: string;
  readonly description: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
};

/** A timer: sleep `delayMs`, then emit, `times` times. */
type WaitPlan = { readonly delayMs: number; readonly times: number; readonly emissions: readonly Emission[] };

export type InlineBlock = {
  readonly definition: BlockDefinition & { readonly placement: "inline" };
  /** Pure and fast: no clock, no randomness, no I/O. */
  readonly run: (inputs: Inputs) => Iterable<Emission>;
  /** Pins that it hands on without looking at them: what comes there may be a reference to a large value (graph/large.ts). */
  readonly carries?: (inputs: Inputs) => readonly string[];
  /** Whether these inputs can run inline; where false, `runRemote` runs as an activity. Absent: always. */
  readonly fitsInline?: (inputs: Inputs) => boolean;
  /** How it runs as an activity when it does not fit inline (own thread for CPU-heavy work). Absent: `run`. */
  readonly runRemote?: (inputs: Inputs, context: BlockContext) => Promise<Iterable<Emission>>;
};

export type RemoteBlock = {
  readonly definition: BlockDefinition & { readonly placement: "remote" };
  readonly run: (inputs: Inputs, context: BlockContext) => Promise<Iterable<Emission>>;
  /** Attempts in all, the first included, where the failure is retryable. Default 1. */
  readonly attempts?: number;
  /** Longest one attempt may take. Default 30 minutes. */
  readonly timeoutMs?: number;
};

/**
 * A remote block that yields while it runs: each value is recorded, and feeds its links, before the next is asked for. After the
 * first one it is not tried again, since that would repeat what others have built on.
 */
export type StreamBlock = {
  readonly definition: BlockDefinition & { readonly placement: "remote" };
  /** `emitted`: how many values earlier attempts have brought home; always 0 unless it is resumable. */
  readonly stream: (inputs: Inputs, context: BlockContext, emitted: number) => AsyncIterable<Emission>;
  /** Whether it can go on after `emitted` values: then it is tried again like any other. */
  readonly resumable?: boolean;
  readonly attempts?: number;
  readonly timeoutMs?: number;
};

export type WaitBlock = {
  readonly definition: BlockDefinition & { readonly placement: "wait" };
  readonly plan: (inputs: Inputs) => WaitPlan;
};

/** Asks people, and waits for their answer without holding anything. */
export type ReviewBlock = {
  readonly definition: BlockDefinition & { readonly placement: "wait" };
  readonly ask: (inputs: Inputs) => ReviewPlan;
  readonly answered: (inputs: Inputs, answer: ReviewAnswer) => Iterable<Emission>;
};

export type ReviewPlan = {
  readonly kind: Extract<ReviewKind, "approval" | "question">;
  readonly question: string;
  readonly payload: Json;
  /** What the data of an answer has to fit; null: any. */
  readonly schema: JsonSchema | null;
  /** Whether an answer may bring data. */
  readonly editable: boolean;
  /** Names of those who may answer; empty: anybody. */
  readonly answerers: readonly string[];
  /** null: for ever. */
  readonly deadlineMs: number | null;
  /** What is emitted where nobody has answered in time; null: the node fails. */
  readonly onTimeout: readonly Emission[] | null;
};

export type ReviewAnswer = {
  readonly decision: "approved" | "rejected";
  /** undefined: none was given. */
  readonly data: Json | undefined;
  readonly message: string | null;
};

/** A nested graph: what it runs is the graph, so there is no code. */
export type ChildBlock = { readonly definition: BlockDefinition & { readonly placement: "child" } };

/**
 * Emissions come in the order they are to be delivered. What the graph's author can mend is thrown as a `BlockFailure`; an
 * abort is thrown as the signal's own reason, so that the caller can tell a stop from a timeout and a shutdown.
 */
export type Block = InlineBlock | RemoteBlock | StreamBlock | WaitBlock | ReviewBlock | ChildBlock;

/**
 * A block's own failure. `code` (snake_case) may stand in a Temporal history and in logs; the message goes to the record in
 * Postgres only. `retryable` asks for another attempt, if the block's attempts allow one.
 */
export class BlockFailure extends Error {
  override readonly name = "BlockFailure";
  readonly code: string;
  readonly retryable: boolean;
  /** What the block had emitted before it failed; delivered before its `error`. */
  readonly emitted: readonly Emission[];

  constructor(code: string, message: string, options: { retryable?: boolean; emitted?: readonly Emission[] } = {}) {
    super(message);
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.emitted = options.emitted ?? [];
  }
}

export function isBlockFailure(error: unknown): error is BlockFailure {
  return error instanceof Error && error.name === "BlockFailure";
}

/** Every block this process can run, by id. Open: a plug-in or a test registers more (blocks/registry.ts). */
export type BlockRegistry = ReadonlyMap<string, Block>;
