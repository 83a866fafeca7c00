import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlockFailure } from "../../blocks/block";
import { createCredentials, createRedaction, secretsOf } from "../../blocks/credential";
import type { Credential } from "../../blocks/credential";
import { readCredentials } from "../../config/credentials";

const key: Credential = { id: "main", provider: "acme", type: "api_key", apiKey: "sk-12345678" };
const textOf = (...credentials: unknown[]) => JSON.stringify({ credentials });

describe("readCredentials", () => {
  test("reads a file and the environment, the file first", () => {
    const folder = mkdtempSync(join(tmpdir(), "treeline-credentials-"));
    try {
      const credentialsFile = join(folder, "credentials.json");
      writeFileSync(credentialsFile, textOf(key));
      const login = { id: "db", provider: "database", type: "user_password", username: "ada", password: "s3cret" };
      const all = readCredentials({ credentialsFile, credentials: textOf(login) });
      expect(all).toEqual([key, login]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ["{", "TREELINE_CREDENTIALS is not JSON"],
    [textOf({ ...key, apiKey: 12345678 }), "/credentials/0/apiKey: invalid_type"],
    [textOf({ ...key, type: "magic", token: "12345678" }), "/credentials/0/type: invalid_union"],
    [textOf({ ...key, token: "12345678" }), "/credentials/0: unrecognized_keys"],
    [textOf(key, key), 'two credentials have the id "main"'],
  ])("refuses %s and repeats no value", (credentials, message) => {
    const reading = () => readCredentials({ credentialsFile: null, credentials });
    expect(reading).toThrow(message);
    expect(reading).not.toThrow(/12345678/);
  });
});

describe("a reference", () => {
  test("finds the credential with its id, whatever else it says", () => {
    const find = createCredentials([key]);
    expect(find({ id: "main", provider: "acme", type: "api_key", title: "Mine" })).toBe(key);
  });

  test("to nothing is a failure that names the id", () => {
    const finding = () => createCredentials([key])({ id: "other" });
    expect(finding).toThrow(expect.objectContaining({ code: "credential_missing", retryable: false }));
    expect(finding).toThrow('the credential "other" is not among those given to this worker');
  });

  test.each([[null], ["main"], [{ title: "Mine" }], [["main"]]])("cannot be %j", (reference) => {
    expect(() => createCredentials([key])(reference)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });
});

describe("redaction", () => {
  test.each<[Credential, string[]]>([
    [key, ["sk-12345678"]],
    [{ id: "o", provider: "acme", type: "oauth2", accessToken: "abcdefgh" }, ["abcdefgh"]],
    [
      { id: "u", provider: "acme", type: "user_password", username: "ada", password: "s3cret" },
      ["s3cret", "YWRhOnMzY3JldA=="],
    ],
    [
      { id: "h", provider: "acme", type: "host_scoped", host: "a.test", headers: { Authorization: "Bearer abcdefgh" } },
      ["Bearer abcdefgh", "Bearer", "abcdefgh"],
    ],
  ])("knows what is secret of %j", (credential, secrets) => {
    expect(secretsOf(credential)).toEqual(secrets);
  });

  test("takes secrets out of emissions, keys and lists included", () => {
    const { inEmissions } = createRedaction(["abcdefgh"]);
    const value = { "key abcdefgh": ["x abcdefgh y", 1, null, { deep: "abcdefgh" }] };
    expect(inEmissions([{ pin: "output", value }])).toEqual([
      { pin: "output", value: { "key [secret]": ["x [secret] y", 1, null, { deep: "[secret]" }] } },
    ]);
  });

  test("takes secrets out of failures and of what was emitted before", () => {
    const { inError } = createRedaction(["abcdefgh", "Bearer abcdefgh"]);
    const emitted = [{ pin: "output", value: "abcdefgh" }];
    const found = inError(new BlockFailure("refused", "no: Bearer abcdefgh", { retryable: true, emitted }));
    expect(found).toMatchObject({ code: "refused", message: "no: [secret]", retryable: true });
    expect(found).toHaveProperty("emitted", [{ pin: "output", value: "[secret]" }]);
    expect(inError(new TypeError("abcdefgh"))).toMatchObject({ code: "block_error", message: "[secret]" });
    const reason = { kind: "fenced" };
    expect(inError(reason)).toBe(reason);
  });

  test("leaves words alone that are too short to be secrets", () => {
    const emissions = [{ pin: "output", value: "Basic" }];
    expect(createRedaction(["Basic"]).inEmissions(emissions)).toEqual(emissions);
  });
});
