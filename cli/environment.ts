import { readConfig, type Config } from "../config/env";
import { Failure } from "./failure";

/** Throws a `Failure` of kind usage that lists every bad variable. */
export function readEnvironment(): Config {
  try {
    return readConfig();
  } catch (cause) {
    const [title = "", ...details] = cause instanceof Error ? cause.message.split("\n") : [];
    throw new Failure("usage", title, { details: details.map((line) => line.trim()), cause });
  }
}
