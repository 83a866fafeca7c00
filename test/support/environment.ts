import type { Circus } from "@jest/types";
import { TestEnvironment } from "jest-environment-node";

/** Lets hooks know whether their test failed : what it made is then kept for a look. */
export default class Environment extends TestEnvironment {
  handleTestEvent(event: Circus.Event): void {
    if (event.name === "test_start") this.global["treelineTestFailed"] = false;
    if (event.name === "test_fn_failure" || event.name === "hook_failure") this.global["treelineTestFailed"] = true;
  }
}
