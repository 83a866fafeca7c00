import type { BlockCatalog, BlockDefinition } from "./block";
import type { Cost } from "./cost";

/** What an operator asks for blocks, by id or name, in place of what they say themselves. */
export type Prices = { readonly [block: string]: Cost };

/** The blocks with these prices. Throws one error that names every price that cannot be. */
export function priceBlocks(catalog: BlockCatalog, prices: Prices): BlockCatalog {
  const priced = new Map(catalog);
  const faults: string[] = [];
  for (const [name, cost] of Object.entries(prices)) {
    const found = [...catalog.values()].filter((block) => block.id === name || block.name === name);
    if (found.length === 0) faults.push(`${name}: there is no such block`);
    for (const block of found) {
      const fault = faultOf(block, cost);
      if (fault !== null) faults.push(`${name}: ${fault}`);
      priced.set(block.id, { ...block, cost });
    }
  }
  if (faults.length > 0) throw new Error(["bad prices:", ...faults].join("\n  "));
  return priced;
}

function faultOf({ placement, role }: BlockDefinition, cost: Cost): string | null {
  if (cost.length === 0) return null;
  if (placement === "child") return "a nested graph costs what its nodes cost";
  if (role === "note") return "a note never runs";
  const seconds = placement !== "remote" && cost.some(({ per }) => per === "second");
  return seconds ? "only a remote block takes time" : null;
}
