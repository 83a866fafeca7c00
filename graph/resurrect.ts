import type { CompiledNode } from "./compile";
import { parseDuration } from "./durations";
import type { GraphSettings } from "./definition";

/** Where a graph asks for it without saying more. */
const defaults = { attempts: 3, cooldown: "2s" };

/** How often an execution may go on after failures that pass, and after what pause; null: its graph does not ask for it. */
export function resurrectionOf({ resurrect }: GraphSettings): { attempts: number; cooldownMs: number } | null {
  if (!resurrect) return null;
  const { attempts = defaults.attempts, cooldown = defaults.cooldown } = resurrect;
  return { attempts, cooldownMs: parseDuration(cooldown) };
}

/** Codes of failures that would only come again. */
const fatalCodes: readonly RegExp[] = [
  /auth|credential|forbidden|permission|declined|rejected|refused/,
  /quota|billing|budget/,
  /bad_request|^invalid_|^malformed|^feed_invalid$|^query_failed$|^(pattern|template)_error$/,
  /unreadable|not_supported|not_found|missing|absent|unknown|too_large|too_many|out_of_range/,
  /limit_exceeded|_limit$|^stopped$|^abandoned$/,
];

/** What such failures say where their code says nothing. */
const fatalMessages: readonly RegExp[] = [
  /unauthori[sz]ed|authentication|invalid api key|access denied|permission denied|forbidden/i,
  /quota|billing|payment required|insufficient (funds|credit|balance)/i,
  /bad request|invalid request|context length|content policy/i,
  /\b(answered|status|code|http)\W{0,3}(400|401|402|403|404|405|410|413|415|422)\b/i,
];

type Failure = { readonly code: string; readonly message: string; readonly limit?: string; readonly fatal?: boolean };

/** Whether a node's failure may pass: not that of pure code or of a person, nor one that the patterns call fatal. */
export function isPassing({ block, nested }: CompiledNode, { code, message, limit, fatal }: Failure): boolean {
  if ((block.placement !== "remote" && !nested) || limit !== undefined || fatal) return false;
  return !fatalCodes.some((one) => one.test(code)) && !fatalMessages.some((one) => one.test(message));
}
