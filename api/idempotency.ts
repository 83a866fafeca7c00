import { createHash } from "node:crypto";
import { TreelineError, errorTable } from "../graph/errors";
import type { Json } from "../graph/json";
import { claimKey, recordAnswer, releaseKey, type Claim, type KeyUse, type RecordedAnswer } from "../db/idempotency";
import type { Database } from "../db/client";
import { toTreelineError } from "./problem";
import type { Answer } from "./route";

/** How long an unanswered first request counts as still running. Trying again after it is safe: ids repeat. */
const runningMs = 5_000;
const keyForm = /^[\x21-\x7e]{1,255}$/;

type Carry = (mint: () => string, triedBefore: boolean) => Promise<Answer>;

/**
 * Carries a request out once for each Idempotency-Key: a repeat gets the first answer. A try that died half-way is made again
 * with the same ids, so that it finds what it had made.
 *
 * @param content what must be equal in a repeat: path and body
 */
export async function carryOnce(db: Database, use: KeyUse, content: string, carry: Carry): Promise<Answer> {
  if (!keyForm.test(use.key)) {
    throw new TreelineError("invalid_request", "Idempotency-Key must have 1 to 255 printable ASCII characters");
  }
  const bodyHash = createHash("sha256").update(content).digest("hex");
  const claim = await claimKey(db, use, bodyHash);
  if (claim.bodyHash !== bodyHash) {
    throw new TreelineError("idempotency_mismatch", `the key "${use.key}" came with another body or path before`);
  }
  if (claim.answer) return replay(claim.answer);
  if (!claim.first && claim.ageMs < runningMs) {
    throw new TreelineError("conflict", `the first request with the key "${use.key}" is still running; ask again`);
  }
  try {
    const answer = await carry(minter(use, claim), !claim.first);
    const { status, headers, body } = answer;
    await recordAnswer(db, use, { status, location: headers?.["Location"] ?? null, body: body as Json });
    return answer;
  } catch (thrown) {
    // Refused: nothing was made. After any other failure something may have been, and the key keeps its ids.
    if (errorTable[toTreelineError(thrown).code].http < 500) await releaseKey(db, use);
    throw thrown;
  }
}

function replay({ status, location, body }: RecordedAnswer): Answer {
  return {
    status,
    body,
    headers: { "Idempotency-Replayed": "true", ...(location === null ? {} : { Location: location }) },
  };
}

/** UUIDv7 with the time of the claim and, for its random bits, a hash of what makes the claim unique. */
function minter({ ownerId, route, key }: KeyUse, { claimedAt, bodyHash }: Claim): () => string {
  let minted = 0;
  return () => {
    const seed = JSON.stringify([ownerId, route, key, bodyHash, claimedAt.getTime(), minted++]);
    const bits = createHash("sha256").update(seed).digest("hex");
    const time = claimedAt.getTime().toString(16).padStart(12, "0");
    const variant = "89ab"[Number.parseInt(bits.charAt(3), 16) % 4];
    return `${time.slice(0, 8)}-${time.slice(8)}-7${bits.slice(0, 3)}-${variant}${bits.slice(4, 7)}-${bits.slice(7, 19)}`;
  };
}
