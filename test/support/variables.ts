/**
 * How the servers of one jest run are known to its tests: the globalSetup of the projects that need them sets these variables.
 * One Postgres and one Temporal for all; each test has its own database and task queue in them.
 */
export const testVariables = {
  postgres: "TREELINE_TEST_POSTGRES",
  template: "TREELINE_TEST_TEMPLATE",
  temporal: "TREELINE_TEST_TEMPORAL",
  bundle: "TREELINE_TEST_BUNDLE",
} as const;

/** Throws outside the projects of jest.config.cjs whose globalSetup sets it. */
export function testVariable(name: keyof typeof testVariables): string {
  const value = process.env[testVariables[name]];
  if (!value) throw new Error(`${testVariables[name]} is not set: the jest project of this folder does not provide it`);
  return value;
}
