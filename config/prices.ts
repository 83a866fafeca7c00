import { readFileSync } from "node:fs";
import { z } from "zod";

const rate = z.strictObject({
  per: z.string().min(1),
  credits: z.number().min(0).max(1_000_000),
  each: z.number().positive().optional(),
  estimate: z.number().min(0).optional(),
});

/** By block: a number of credits for each run, or the parts of its cost. */
const file = z.record(z.string(), z.union([z.int().min(0).max(1_000_000), z.array(rate)]));

/** The operator's prices, from the file of TREELINE_PRICES_FILE. Throws one error that says what is wrong and where. */
export function readPrices({ pricesFile }: { readonly pricesFile: string | null }) {
  if (pricesFile === null) return {};
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(pricesFile, "utf8"));
  } catch (error) {
    throw new Error(`${pricesFile}: ${(error as Error).message}`);
  }
  const parsed = file.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `  /${path.join("/")}: ${message}`);
    throw new Error([`${pricesFile} has bad prices (docs/engine.md):`, ...faults].join("\n"));
  }
  return Object.fromEntries(
    Object.entries(parsed.data).map(([name, cost]) => {
      if (typeof cost !== "number") return [name, cost.map(withoutAbsent)];
      return [name, cost === 0 ? [] : [{ per: "run", credits: cost }]];
    }),
  );
}

function withoutAbsent({ each, estimate, ...rest }: z.infer<typeof rate>) {
  return { ...rest, ...(each === undefined ? {} : { each }), ...(estimate === undefined ? {} : { estimate }) };
}
