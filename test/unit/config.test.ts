import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readConfig, variables } from "../../config/env";

/** `#NAME=value` lines of .env.example: every variable stands there, commented out, with its default. */
function readExample(): Record<string, string> {
  const text = readFileSync(resolve(__dirname, "../../.env.example"), "utf8");
  return Object.fromEntries([...text.matchAll(/^#([A-Z_]+)=(.*)$/gm)].map((match) => [match[1], match[2]]));
}

describe("readConfig", () => {
  test("has in .env.example every variable, each with its default", () => {
    const example = readExample();
    expect(Object.keys(example).toSorted()).toEqual(Object.keys(variables.shape).toSorted());
    expect(readConfig(example)).toEqual(readConfig({}));
  });

  test("would notice a default of .env.example that differs", () => {
    expect(readConfig({ ...readExample(), PORT: "8081" })).not.toEqual(readConfig({}));
  });

  test("lists every bad variable with its value", () => {
    const reading = () => readConfig({ PORT: "eighty", LOG_LEVEL: "loud", TEMPORAL_ADDRESS: "nowhere", HOST: "::1" });
    expect(reading).toThrow(/PORT="eighty"[^]*TEMPORAL_ADDRESS="nowhere"[^]*LOG_LEVEL="loud"/);
    expect(reading).not.toThrow(/HOST/);
  });

  test("never repeats a secret", () => {
    const reading = () => readConfig({ DATABASE_URL: "mysql://root:hunter2@db" });
    expect(reading).toThrow(/DATABASE_URL=\(not shown\)/);
    expect(reading).not.toThrow(/hunter2/);
  });

  test("takes an empty variable for an unset one", () => {
    expect(readConfig({ PORT: "", DATABASE_URL: "" })).toMatchObject({ port: 8080, databaseUrl: null });
  });
});
