import { z } from "zod";
import { readFile, saveFile } from "../../db/blobs";
import { TreelineError } from "../../graph/errors";
import { fileIdOf, fileUri } from "../../graph/file";
import type { AppDeps } from "../deps";
import { route, type Route } from "../route";

const anyType = "*/*";
const bytes = z.custom<Buffer>(Buffer.isBuffer, "there has to be a body").meta({ type: "string", format: "binary" });

const file = z
  .strictObject({
    id: z.string(),
    uri: z.string().meta({ description: "What file pins take." }),
    bytes: z.int().min(0),
    contentType: z.string(),
  })
  .meta({ id: "File" });

/** What browsers are told of bytes that anybody may have sent. */
const untrusted = { "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox" };

/** Files, and large values as JSON. */
export function fileRoutes({ db }: Pick<AppDeps, "db">): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/files",
      name: "storeFile",
      summary: "Store a file; the same one again is the same file. One that no execution uses goes after a day",
      headers: { "Content-Type": "Of the file; application/octet-stream unless said." },
      body: bytes,
      bodyType: anyType,
      answers: { 201: { description: "Stored.", schema: file, location: true } },
      errors: [],
      async handle({ body, caller, header }) {
        const contentType = (header("Content-Type") ?? "application/octet-stream").slice(0, 200);
        const id = await saveFile(db, caller.ownerId, { contentType, bytes: body }, null);
        const stored = { id, uri: fileUri(id), bytes: body.length, contentType };
        return { status: 201, headers: { Location: `/v1/files/${id}` }, body: stored };
      },
    }),

    route({
      method: "get",
      path: "/v1/files/{id}",
      name: "getFile",
      summary: "The bytes of a file; of a large value, its JSON",
      answers: { 200: { description: "The bytes.", schema: z.unknown(), type: anyType } },
      errors: ["not_found"],
      async handle({ id: text, caller }) {
        const id = fileIdOf(fileUri(text));
        const found = id === null ? null : await readFile(db, caller.ownerId, id);
        if (!found) throw new TreelineError("not_found", `no file has the id "${text}"`);
        return { status: 200, headers: { ...untrusted, "Content-Type": found.contentType }, body: found.bytes };
      },
    }),
  ];
}
