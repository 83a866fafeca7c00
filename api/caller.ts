import type { Request } from "express";
import { TreelineError } from "../graph/errors";

/** Who asks. There is no authentication yet: both are what the request says. */
export type Caller = { readonly ownerId: string; readonly actor: string };

const printable = /^[\x20-\x7e]{1,128}$/;

/** Throws `invalid_request` for a header that is no name. */
export function callerOf(request: Request): Caller {
  return { ownerId: nameIn(request, "X-Treeline-Owner"), actor: nameIn(request, "X-Treeline-Actor") };
}

function nameIn(request: Request, header: string): string {
  const name = request.get(header) ?? "local";
  if (!printable.test(name)) {
    throw new TreelineError("invalid_request", `${header} must have 1 to 128 printable ASCII characters`);
  }
  return name;
}
