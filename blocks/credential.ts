import { isObject } from "../graph/json";
import type { Json } from "../graph/json";
import type { Emission } from "../graph/definition";
import { BlockFailure, isBlockFailure } from "./block";

type Named = { readonly id: string; readonly provider: string; readonly title?: string | undefined };

/** A credential of the operator's, by type; graphs hold `{id, provider, type, title}` and nothing else of it. */
export type Credential = Named &
  (
    | { readonly type: "api_key"; readonly apiKey: string; readonly baseUrl?: string | undefined }
    | { readonly type: "oauth2"; readonly accessToken: string }
    | { readonly type: "user_password"; readonly username: string; readonly password: string }
    | {
        readonly type: "host_scoped";
        readonly host: string;
        readonly headers: { readonly [name: string]: string };
      }
  );

/**
 * What a reference names. Throws `BlockFailure`: `credential_missing` where nobody has given it, `invalid_input` for what is
 * no reference.
 */
export type FindCredential = (reference: Json) => Credential;

export function createCredentials(all: readonly Credential[]): FindCredential {
  const byId = new Map(all.map((one) => [one.id, one]));
  return (reference) => {
    const id = isObject(reference) ? reference["id"] : undefined;
    if (typeof id !== "string") throw new BlockFailure("invalid_input", "credentials must be a reference with an id");
    const found = byId.get(id);
    if (found) return found;
    throw new BlockFailure("credential_missing", `the credential "${id}" is not among those given to this worker`);
  };
}

/** The texts of a credential that nobody may see. */
export function secretsOf(credential: Credential): string[] {
  switch (credential.type) {
    case "api_key":
      return [credential.apiKey];
    case "oauth2":
      return [credential.accessToken];
    case "user_password": {
      const pair = Buffer.from(`${credential.username}:${credential.password}`).toString("base64");
      return [credential.password, pair];
    }
    case "host_scoped":
      return Object.values(credential.headers).flatMap((value) => [value, ...value.split(/\s+/)]);
  }
}

/** Shorter ones would hit words that mean something else: "Basic", "on". */
const shortestSecret = 6;

/** Takes secrets out of what a block says: a service may answer with what it was sent. */
export function createRedaction(secrets: readonly string[]) {
  const hidden = [...new Set(secrets.filter((secret) => secret.length >= shortestSecret))].sort(
    (a, b) => b.length - a.length,
  );
  const inText = (text: string): string => hidden.reduce((kept, secret) => kept.replaceAll(secret, "[secret]"), text);
  const inValue = (value: Json): Json => {
    if (typeof value === "string") return inText(value);
    if (Array.isArray(value)) return value.map(inValue);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [inText(key), inValue(item)]));
  };
  const inEmissions = (emissions: readonly Emission[]): readonly Emission[] =>
    hidden.length === 0 ? emissions : emissions.map(({ pin, value }) => ({ pin, value: inValue(value) }));
  /** An abort's reason is no error, and passes as it is. */
  const inError = (error: unknown): unknown => {
    if (hidden.length === 0 || !(error instanceof Error)) return error;
    if (!isBlockFailure(error)) return new BlockFailure("block_error", inText(error.message));
    const { retryable, emitted } = error;
    return new BlockFailure(error.code, inText(error.message), { retryable, emitted: inEmissions(emitted) });
  };
  return { inText, inEmissions, inError };
}
