import Ajv from "ajv";
import type { Fault } from "./errors";
import type { Json, JsonSchema } from "./json";

/** Deeper or longer data than this is refused: people edit it by hand. */
const longestData = 1_000_000;

/**
 * What people are asked: to approve data (HumanInTheLoop), to answer a question (Ask), or whether a sensitive block may run, on
 * inputs that they may change.
 */
export const reviewKinds = ["approval", "question", "action"] as const;
export type ReviewKind = (typeof reviewKinds)[number];

export type Answer = {
  readonly decision: "approve" | "reject";
  /** undefined: none is given. */
  readonly data: Json | undefined;
  /** Approves what the same node asks from now on in this execution. */
  readonly autoApprove: boolean;
};

type Asked = { readonly kind: ReviewKind; readonly editable: boolean; readonly schema: JsonSchema | null };

/** What is wrong with an answer, by JSON pointer into its body. */
export function checkAnswer({ kind, editable, schema }: Asked, { decision, data, autoApprove }: Answer): Fault[] {
  if (autoApprove && (kind === "question" || decision === "reject")) {
    const detail =
      kind === "question"
        ? "a question wants an answer each time"
        : "only what is approved can be approved from now on";
    return [{ pointer: "/autoApprove", detail }];
  }
  if (data === undefined) {
    const isNeeded = kind === "question" && schema !== null && decision === "approve";
    return isNeeded ? [{ pointer: "/data", detail: "the question wants data that fits its schema" }] : [];
  }
  if (!editable) return [{ pointer: "/data", detail: "what is reviewed may not be changed: leave data out" }];
  if (JSON.stringify(data).length > longestData)
    return [{ pointer: "/data", detail: `must have at most ${longestData} characters as JSON` }];
  if (schema === null || decision === "reject") return [];
  const ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false, meta: false, allErrors: true });
  try {
    const validate = ajv.compile(schema);
    if (validate(data)) return [];
    return (validate.errors ?? []).map(({ instancePath, message = "does not fit" }) => ({
      pointer: `/data${instancePath}`,
      detail: message,
    }));
  } catch {
    return [{ pointer: "/data", detail: "the question's schema is no JSON schema: no answer can fit it" }];
  }
}
