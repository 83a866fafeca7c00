import Ajv from "ajv";
import type { Fault } from "./errors";
import type { Json, JsonSchema } from "./json";

/** Deeper or longer data than this is refused: people edit it by hand. */
const longestData = 1_000_000;

/** What is wrong with an answer, by JSON pointer into its body. `data` undefined: none is given. */
export function checkAnswer(
  { editable, schema }: { readonly editable: boolean; readonly schema: JsonSchema | null },
  decision: "approve" | "reject",
  data: Json | undefined,
): Fault[] {
  if (data === undefined) {
    const isNeeded = schema !== null && decision === "approve";
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
