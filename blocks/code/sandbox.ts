import variant from "@jitl/quickjs-wasmfile-release-sync";
import { newQuickJSWASMModuleFromVariant, Scope, shouldInterruptAfterDeadline } from "quickjs-emscripten-core";
import type { QuickJSContext, QuickJSHandle, QuickJSWASMModule } from "quickjs-emscripten-core";
import type { Json } from "../../graph/json";
import { parseJson } from "../convert";
import { dump } from "../texts";

export type CodeJob = { readonly code: string; readonly limitMs: number };

export type Ran = {
  readonly stdout: string;
  readonly stderr: string;
} & (
  | { readonly value: { readonly text: string; readonly json: Json | undefined } | null }
  | { readonly failure: { readonly code: "code_error" | "code_limit"; readonly message: string } }
);

const memoryMb = 64;
/** Of the interpreter's stack; the thread has 1 MB. */
const stackBytes = 256 * 1024;
/** Characters of each of the two logs. */
const logLength = 256 * 1024;

export const loadInterpreter = (): Promise<QuickJSWASMModule> => newQuickJSWASMModuleFromVariant(variant);

/** Runs code in an interpreter of its own: nothing is left of it for the next one. For as long as the job allows. */
export function runCode(interpreter: QuickJSWASMModule, { code, limitMs }: CodeJob): Ran {
  return Scope.withScope((scope) => {
    const runtime = scope.manage(interpreter.newRuntime());
    runtime.setMemoryLimit(memoryMb * 1024 * 1024);
    runtime.setMaxStackSize(stackBytes);
    const deadline = Date.now() + limitMs;
    runtime.setInterruptHandler(shouldInterruptAfterDeadline(deadline));
    const context = scope.manage(runtime.newContext());
    const logs = { stdout: createLog(), stderr: createLog() };
    addConsole(context, (pin, line) => logs[pin].write(line));
    const said = () => ({ stdout: logs.stdout.text(), stderr: logs.stderr.text() });
    const fail = (error: QuickJSHandle): Ran => {
      const message = messageOf(context, error);
      const late = Date.now() >= deadline && /interrupted/.test(message);
      const full = /out of memory|stack overflow/i.test(message);
      const limit = late ? `it took over ${limitMs / 1000} s` : `it needs over ${memoryMb} MB, or too deep a stack`;
      return late || full
        ? { ...said(), failure: { code: "code_limit", message: `the code was ended: ${limit}` } }
        : { ...said(), failure: { code: "code_error", message } };
    };

    const evaluated = context.evalCode(code, "code.js", { type: "global" });
    if (evaluated.error) return fail(scope.manage(evaluated.error));
    const jobs = runtime.executePendingJobs();
    if (jobs.error) return fail(scope.manage(jobs.error));
    const state = context.getPromiseState(scope.manage(evaluated.value));
    if (state.type === "rejected") return fail(scope.manage(state.error));
    if (state.type === "pending") {
      const message = "its last value is a promise that nothing settles";
      return { ...said(), failure: { code: "code_error", message } };
    }
    const value = state.notAPromise ? state.value : scope.manage(state.value);
    return { ...said(), value: context.typeof(value) === "undefined" ? null : read(context, value) };
  });
}

function addConsole(context: QuickJSContext, write: (pin: "stdout" | "stderr", line: string) => void): void {
  const console = context.newObject();
  for (const [name, pin] of [
    ...(["log", "info", "debug"] as const).map((name) => [name, "stdout"] as const),
    ...(["warn", "error"] as const).map((name) => [name, "stderr"] as const),
  ]) {
    const print = context.newFunction(name, (...values) => {
      write(pin, values.map((value) => read(context, value).text).join(" "));
    });
    context.setProp(console, name, print);
    print.dispose();
  }
  context.setProp(context.global, "console", console);
  console.dispose();
}

/** Goes through JSON text, which the interpreter makes within its own bounds. */
function read(context: QuickJSContext, value: QuickJSHandle): { text: string; json: Json | undefined } {
  if (context.typeof(value) === "string") {
    const text = context.getString(value);
    return { text, json: text };
  }
  const json = jsonOf(context, value);
  return { text: json === undefined ? textOf(context, value) : dump(json), json };
}

/** undefined: JSON cannot say it (a function, a BigInt, an object that contains itself). */
function jsonOf(context: QuickJSContext, value: QuickJSHandle): Json | undefined {
  return Scope.withScope((scope) => {
    const object = scope.manage(context.getProp(context.global, "JSON"));
    const stringify = scope.manage(context.getProp(object, "stringify"));
    const result = context.callFunction(stringify, context.undefined, value);
    if (result.error) {
      result.error.dispose();
      return undefined;
    }
    const text = scope.manage(result.value);
    return context.typeof(text) === "string" ? parseJson(context.getString(text)) : undefined;
  });
}

function textOf(context: QuickJSContext, value: QuickJSHandle): string {
  return Scope.withScope((scope) => {
    const convert = scope.manage(context.getProp(context.global, "String"));
    const result = context.callFunction(convert, context.undefined, value);
    if (!result.error) return context.getString(scope.manage(result.value));
    result.error.dispose();
    return context.typeof(value);
  });
}

function messageOf(context: QuickJSContext, error: QuickJSHandle): string {
  return textOf(context, error).slice(0, 2_000);
}

function createLog() {
  const lines: string[] = [];
  let length = 0;
  return {
    write(line: string): void {
      if (length > logLength) return;
      const kept = line.slice(0, logLength - length);
      length += line.length + 1;
      lines.push(length > logLength ? `${kept}\n(cut here: the log is too long)` : kept);
    },
    text: () => lines.join("\n"),
  };
}
