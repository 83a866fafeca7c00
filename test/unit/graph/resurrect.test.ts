import type { CompiledNode } from "../../../graph/compile";
import { isPassing } from "../../../graph/resurrect";

const of = (placement: "inline" | "remote") => ({ block: { placement }, nested: null }) as unknown as CompiledNode;

test.each([
  ["model_auth", "", false],
  ["model_quota", "", false],
  ["model_bad_request", "", false],
  ["invalid_inputs", "", false],
  ["limit_exceeded", "", false],
  ["stopped", "", false],
  ["credential_missing", "", false],
  ["block_error", "the server answered 401", false],
  ["block_error", "You exceeded your current quota", false],
  ["block_error", "HTTP 403", false],
  ["model_rate_limited", "", true],
  ["model_unavailable", "the model's endpoint answered 503", true],
  ["timed_out", "gave no result within 400 ms", true],
  ["lost", "", true],
  ["block_error", "socket hang up", true],
  ["node_failed", 'failed and nobody handled it: "ask"', true],
])("a failure with the code %s that says %j passes: %s", (code, message, passes) => {
  expect(isPassing(of("remote"), { code, message })).toBe(passes);
});

test("no failure of pure code passes, nor one by a limit, nor a nested graph's whose own failure does not", () => {
  expect(isPassing(of("inline"), { code: "block_error", message: "socket hang up" })).toBe(false);
  expect(isPassing(of("remote"), { code: "timed_out", message: "", limit: "runTime" })).toBe(false);
  expect(isPassing(of("remote"), { code: "node_failed", message: "", fatal: true })).toBe(false);
});
