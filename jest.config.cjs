// Three projects, so that a run starts only the servers its tests need: jest runs a project's globalSetup when one of the
// project's files is selected.
const shared = {
  rootDir: __dirname,
  transform: {
    "^.+\\.(ts|mts|mjs)$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "commonjs" } },
    ],
  },
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json", "node"],
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/.treeline/"],
};

const withServers = {
  ...shared,
  testEnvironment: "<rootDir>/test/support/environment.ts",
  globalTeardown: "<rootDir>/test/support/global-teardown.ts",
};

module.exports = {
  // Each worker loads Temporal's native bridge; more than two only queue for the servers' CPU.
  maxWorkers: 2,
  workerIdleMemoryLimit: "1GB", // every file that bundles workflows leaves some 100 MB behind: after twenty the collector stands still
  testTimeout: 60_000, // of all projects; in a project it would be ignored
  projects: [
    {
      ...shared,
      displayName: "unit", // no servers
      testMatch: ["<rootDir>/test/*.test.ts", "<rootDir>/test/unit/**/*.test.ts"],
    },
    {
      ...withServers,
      displayName: "db",
      testMatch: ["<rootDir>/test/db/**/*.test.ts"],
      globalSetup: "<rootDir>/test/support/setup-postgres.ts",
    },
    {
      ...withServers,
      displayName: "servers",
      testMatch: ["<rootDir>/test/*/**/*.test.ts"],
      testPathIgnorePatterns: ["<rootDir>/test/(unit|db|soak)/"],
      globalSetup: "<rootDir>/test/support/global-setup.ts",
    },
    {
      ...withServers,
      displayName: "soak", // hours, on demand: npm run test:soak
      testMatch: ["<rootDir>/test/soak/**/*.test.ts"],
      globalSetup: "<rootDir>/test/support/global-setup.ts",
    },
  ],
};
