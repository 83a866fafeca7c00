import { serve } from "../threads/serve";
import { loadInterpreter, runCode } from "./sandbox";
import type { CodeJob } from "./sandbox";

void loadInterpreter().then((interpreter) => serve((job: CodeJob) => runCode(interpreter, job)));
