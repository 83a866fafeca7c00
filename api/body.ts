import express, { type NextFunction, type Request, type RequestHandler, type Response } from "express";
import { TreelineError } from "../graph/errors";

/** Levels of lists and objects in a body. Far above any real one, and far below what overflows a recursive reader. */
const maxDepth = 200;

/** Takes bodies of any type as bytes, at most `maxBytes` of them. */
export function takeBytes(maxBytes: number): RequestHandler {
  return express.raw({ limit: maxBytes, type: () => true });
}

/** Parses JSON bodies of at most `maxBytes`, unpacked. Without a body `request.body` stays undefined. */
export function parseJson(maxBytes: number): RequestHandler[] {
  return [
    refuseOtherBodies,
    express.json({
      limit: maxBytes,
      strict: false,
      type: isJson,
      verify: (_request, _response, bytes) => refuseDeep(bytes),
    }),
    forgetEmptyBody,
  ];
}

function isJson(request: { headers: { "content-type"?: string | undefined } }): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(request.headers["content-type"]?.trim() ?? "");
}

/** A body of another kind would be taken for none. */
function refuseOtherBodies(request: Request, _response: Response, next: NextFunction): void {
  const length = Number(request.headers["content-length"] ?? 0);
  const hasBody = length > 0 || request.headers["transfer-encoding"] !== undefined;
  if (hasBody && !isJson(request) && !Buffer.isBuffer(request.body)) {
    const got = request.headers["content-type"] ?? "none";
    throw new TreelineError("invalid_request", `the content type must be application/json, not ${got.slice(0, 100)}`);
  }
  next();
}

/** The parser takes an empty body for `{}`. */
function forgetEmptyBody(request: Request, _response: Response, next: NextFunction): void {
  if (request.headers["content-length"] === "0") request.body = undefined;
  next();
}

const [quote, backslash] = [0x22, 0x5c];
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** On the bytes, before anything recursive sees the value. */
function refuseDeep(bytes: Uint8Array): void {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (inText) {
      if (byte === backslash) i++;
      else if (byte === quote) inText = false;
    } else if (byte === quote) inText = true;
    else if (opening.has(byte)) {
      if (++depth > maxDepth)
        throw new TreelineError("invalid_request", `the body is nested deeper than ${maxDepth} levels`);
    } else if (closing.has(byte)) depth--;
  }
}
