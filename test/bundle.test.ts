import { bundleWorkflows } from "../worker/bundle";

/** What may enter the sandbox. Of Node's built-in modules none: the bundler itself fails when one is reached. */
const packages = ["@temporalio/common", "@temporalio/workflow", "long", "ms", "nexus-rpc"];
const rooms = ["graph", "workflows"];

/** 1.7 MB with types only, 2.7 MB with zod. */
const bytesAtMost = 2_200_000;

/** Paths of the modules in a bundle: webpack writes each above its code. Left out are those it was told to ignore (`?31ff`). */
function modulesOf(code: string): string[] {
  return [...code.matchAll(/^\/\*\*\*\/ "(\.\/[^"?]+)":?/gm)].map(([, path]) => path as string);
}

function packageOf(path: string): string | undefined {
  return /^\.\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

test("the workflows' bundle holds Temporal's sandbox code, workflows/ and graph/, and nothing else", async () => {
  const { code } = await bundleWorkflows();
  const modules = modulesOf(code);
  expect(modules).toEqual(expect.arrayContaining(["./workflows/execution.ts", "./workflows/proxies.ts"]));
  expect([...new Set(modules.flatMap((path) => packageOf(path) ?? []))].toSorted()).toEqual(packages);
  const own = modules.filter((path) => packageOf(path) === undefined).map((path) => path.split("/")[1]);
  expect([...new Set(own)].filter((room) => !rooms.includes(room ?? ""))).toEqual([]);
  expect(Buffer.byteLength(code)).toBeLessThan(bytesAtMost);
});

test("a module that strays into a bundle would be seen", () => {
  const stray = ['/***/ "./db/client.ts":', '/***/ "./node_modules/drizzle-orm/index.js":', '/***/ "?31ff":'].join(
    "\n",
  );
  expect(modulesOf(stray)).toEqual(["./db/client.ts", "./node_modules/drizzle-orm/index.js"]);
  expect(modulesOf(stray).map(packageOf)).toEqual([undefined, "drizzle-orm"]);
});
