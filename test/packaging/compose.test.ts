import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { readConfig, variables } from "../../config/env";
import { searchAttributeNames } from "../../workflows/messages";

const root = join(__dirname, "..", "..");

const conditions = ["service_healthy", "service_completed_successfully"] as const;

const service = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  restart: z.string().optional(),
  environment: z.record(z.string(), z.string()),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  configs: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.enum(conditions) })).default({}),
  healthcheck: z.object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }).optional(),
});

const compose = z.object({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
  configs: z.record(z.string(), z.strictObject({ file: z.string() })),
});

function readCompose() {
  const text = readFileSync(join(root, "docker-compose.yml"), "utf8");
  const file = compose.parse(parse(text, { merge: true }));
  const services = Object.entries(file.services).map(([name, settings]) => ({ name, ...settings }));
  const of = (name: string) => service.parse(file.services[name]);
  return { ...file, services, of };
}

/** What compose reads for `${NAME:-default}`. */
const withDefaults = (text: string) => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1");

/** Jobs end; everything else stays up. */
const jobs = ["temporal-schema", "temporal-namespace", "migrate"];

describe("docker-compose.yml", () => {
  test("refers only to services, volumes and files that are there", () => {
    const { services, volumes, configs } = readCompose();
    const names = services.map(({ name }) => name);
    expect(
      services.flatMap(({ depends_on }) => Object.keys(depends_on)).filter((name) => !names.includes(name)),
    ).toEqual([]);
    const used = services.flatMap((one) => one.volumes.map((volume) => volume.split(":")[0]));
    expect(used.toSorted()).toEqual(Object.keys(volumes).toSorted());
    const sources = services.flatMap((one) => one.configs.map(({ source }) => source));
    expect([...new Set(sources)].toSorted()).toEqual(Object.keys(configs).toSorted());
    expect(Object.values(configs).filter(({ file }) => !existsSync(join(root, file)))).toEqual([]);
  });

  test("waits for health where there is a check, and for the end of every job", () => {
    const { services, of } = readCompose();
    const waits = services.flatMap(({ depends_on }) => Object.entries(depends_on));
    for (const [name, { condition }] of waits) {
      expect([name, condition]).toEqual([
        name,
        jobs.includes(name) ? "service_completed_successfully" : "service_healthy",
      ]);
      if (condition === "service_healthy") expect(of(name).healthcheck?.test).toBeDefined();
    }
  });

  test("has for every job a service that stays up and waits for it, else `up --wait` would fail", () => {
    const { services } = readCompose();
    const staying = services.filter(({ name }) => !jobs.includes(name));
    const waitedFor = (name: string): string[] => {
      const direct = Object.keys(services.find((one) => one.name === name)?.depends_on ?? {});
      return [...direct, ...direct.flatMap(waitedFor)];
    };
    expect(jobs.filter((job) => !staying.some(({ name }) => waitedFor(name).includes(job)))).toEqual([]);
    expect(staying.filter(({ restart }) => restart !== "unless-stopped").map(({ name }) => name)).toEqual([]);
    expect(services.filter(({ name, restart }) => jobs.includes(name) && (restart ?? "no") !== "no")).toEqual([]);
  });

  test.each(["api", "worker", "migrate"])(
    "gives %s only variables that Treeline knows, with values that it takes",
    (name) => {
      const { of } = readCompose();
      const given = Object.fromEntries(
        Object.entries(of(name).environment).map(([key, value]) => [key, withDefaults(value)]),
      );
      expect(Object.keys(given).filter((key) => !Object.hasOwn(variables.shape, key))).toEqual([]);
      const { databaseUrl, temporalAddress } = readConfig(given);
      expect(databaseUrl).toBe("postgres://treeline:treeline@postgres:5432/treeline");
      expect(temporalAddress).toBe("temporal:7233");
    },
  );

  test("opens no port beyond this machine, and no image without its version", () => {
    const { services } = readCompose();
    expect(services.flatMap(({ ports }) => ports).filter((port) => !port.startsWith("127.0.0.1:"))).toEqual([]);
    expect(services.map(({ image }) => image).filter((image) => !/:\d+\.\d+/.test(image))).toEqual([]);
    const [server, tools] = ["temporal", "temporal-schema"].map((name) => readCompose().of(name).image.split(":")[1]);
    expect(server).toBe(tools);
  });

  test("makes Treeline's search attributes on the namespace that api and worker use", () => {
    const { configs, of } = readCompose();
    const script = readFileSync(join(root, configs["temporal-namespace"]?.file ?? ""), "utf8");
    const [, names] = /^for name in (.*); do$/m.exec(script) ?? [];
    expect(names?.split(" ").toSorted()).toEqual(Object.values(searchAttributeNames).toSorted());
    expect(of("temporal-namespace").environment["TEMPORAL_NAMESPACE"]).toBe(
      of("worker").environment["TEMPORAL_NAMESPACE"],
    );
  });

  test("hands the scripts every variable that they read", () => {
    const { services, configs } = readCompose();
    const scripts = services.flatMap(({ name, environment, configs: used }) =>
      used.map(({ source }) => ({ name, environment, file: configs[source]?.file ?? "" })),
    );
    const missing = scripts
      .filter(({ file }) => file.endsWith(".sh"))
      .flatMap(({ name, environment, file }) =>
        [...readFileSync(join(root, file), "utf8").matchAll(/\$\{?([A-Z_]+)/g)]
          .filter(([, variable]) => !Object.hasOwn(environment, variable ?? ""))
          .map(([, variable]) => `${name}: ${variable}`),
      );
    expect(missing).toEqual([]);
  });
});
