/** One Ctrl-C comes more than once: from the terminal, from npm and from the bootstrap, which pass it on. */
const sameSignalMs = 1_000;

/**
 * Runs `stop` at the first SIGINT, SIGTERM or SIGHUP, or when the bootstrap that started us is gone (kill -9), and exits with
 * 0 when it is through. A signal after that exits at once: the guard then ends the servers.
 */
export function stopOnSignal(stop: () => Promise<void>, report: (line: string) => void): void {
  let first: number | null = null;
  const onSignal = () => {
    if (first !== null && Date.now() - first < sameSignalMs) return;
    if (first !== null) process.exit(130);
    first = Date.now();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        report(`it did not stop cleanly: ${describeError(error)}`);
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  if (process.channel) {
    process.once("disconnect", onSignal);
    process.channel.unref(); // it alone does not keep us running
  }
}

/** Runs a program's `main`; what it throws ends it with exit code 1 and is shown as a sentence, without the stack. */
export function run(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    process.stderr.write(`\n${describeError(error)}\n`);
    process.exit(1);
  });
}

/** The message, and the messages of its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes = error instanceof AggregateError ? error.errors : [error.cause];
  return [error.message || error.name, ...causes.filter(Boolean).map(describeError)].join("\n  because: ");
}
