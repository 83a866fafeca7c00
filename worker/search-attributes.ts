import type { Connection } from "@temporalio/client";
import type { NativeConnection } from "@temporalio/worker";
import { searchAttributeNames } from "../workflows/messages";

const keyword = 2; // temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD

/** Registers Treeline's search attributes on the namespace, unless they are there. Throws what Temporal answers otherwise. */
export async function ensureSearchAttributes(
  connection: Connection | NativeConnection,
  namespace: string,
): Promise<void> {
  const there = await connection.operatorService.listSearchAttributes({ namespace });
  const names = Object.values(searchAttributeNames).filter((name) => !(name in (there.customAttributes ?? {})));
  if (names.length === 0) return;
  const searchAttributes = Object.fromEntries(names.map((name) => [name, keyword]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}
