import { toTemporalFailure } from "../../../activities/failures";
import { TreelineError } from "../../../graph/errors";

const secret = "postgres://ada:secret@db/treeline";

describe("what an activity throws to Temporal", () => {
  test("of our own errors is class and code, retried as the error table says", () => {
    expect(toTemporalFailure(new TreelineError("not_found", secret))).toMatchObject({
      type: "not_found",
      nonRetryable: true,
      message: "There is no such thing",
    });
    expect(toTemporalFailure(new TreelineError("database_unavailable", secret))).toMatchObject({
      type: "database_unavailable",
      nonRetryable: false,
    });
  });

  test("of anything else is its name, retried; the message stays here", () => {
    const failure = toTemporalFailure(new TypeError(secret));
    expect(failure).toMatchObject({ type: "TypeError", nonRetryable: false });
    for (const error of [new TypeError(secret), secret, new TreelineError("internal", secret)])
      expect(JSON.stringify(toTemporalFailure(error)) + toTemporalFailure(error).message).not.toContain("secret");
  });

  test("stays what it is once it is a failure of Temporal's", () => {
    const failure = toTemporalFailure(new TreelineError("conflict", ""));
    expect(toTemporalFailure(failure)).toBe(failure);
  });
});
