import { readFileSync } from "node:fs";
import { z } from "zod";

const named = { id: z.string().min(1), provider: z.string().min(1), title: z.string().optional() };
const secret = z.string().min(1);

const credential = z.discriminatedUnion("type", [
  z.strictObject({ ...named, type: z.literal("api_key"), apiKey: secret, baseUrl: z.url().optional() }),
  z.strictObject({ ...named, type: z.literal("oauth2"), accessToken: secret }),
  z.strictObject({ ...named, type: z.literal("user_password"), username: z.string(), password: secret }),
  z.strictObject({
    ...{ ...named, type: z.literal("host_scoped") },
    host: z.string().min(1),
    headers: z.record(z.string(), secret),
  }),
]);

const file = z.strictObject({ credentials: z.array(credential) });

/**
 * The credentials that graphs may name, from a file and from the environment. Throws one error that says what is wrong and
 * where, and never repeats a value.
 */
export function readCredentials(from: {
  readonly credentialsFile: string | null;
  readonly credentials: string | null;
}) {
  const all = [
    ...(from.credentialsFile === null ? [] : parse(from.credentialsFile, readFileSync(from.credentialsFile, "utf8"))),
    ...(from.credentials === null ? [] : parse("TREELINE_CREDENTIALS", from.credentials)),
  ];
  const twice = all.find(({ id }, i) => all.findIndex((other) => other.id === id) !== i);
  if (twice) throw new Error(`two credentials have the id "${twice.id}"`);
  return all;
}

function parse(source: string, text: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${source} is not JSON`); // the parser's own message shows a part of the text
  }
  const parsed = file.safeParse(json);
  if (parsed.success) return parsed.data.credentials;
  const faults = parsed.error.issues.map(({ path, code }) => `  /${path.join("/")}: ${code}`);
  throw new Error([`${source} has bad credentials (docs/credentials.md):`, ...faults].join("\n"));
}
