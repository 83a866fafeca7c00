import { encloseEach } from "../db/blobs";
import { TreelineError } from "../graph/errors";
import type { JsonObject } from "../graph/json";
import { largesIn } from "../graph/large";

/** Values of a request, the large ones as references. Throws `payload_too_large` for one over the limit. */
export function takeValues(ownerId: string, values: JsonObject, maxValueBytes: number): JsonObject {
  const taken = encloseEach(ownerId, values);
  for (const { bytes } of largesIn(taken)) {
    if (bytes <= maxValueBytes) continue;
    const most = `at most ${maxValueBytes} are allowed (TREELINE_MAX_VALUE_BYTES)`;
    throw new TreelineError("payload_too_large", `a value has ${bytes} bytes of JSON, ${most}`);
  }
  return taken;
}
