import { styleText } from "node:util";

/** Where a command's answer goes. Answers go to stdout, everything said beside them to stderr. */
export type Terminal = {
  readonly isJson: boolean;
  /** Whether an answer may be drawn in place. */
  readonly isLive: boolean;
  /** The answer: `document` under --json, else `lines`. */
  answer(document: unknown, lines: () => readonly string[]): void;
  /** One JSON object of several, on a line of its own. */
  emit(object: unknown): void;
  say(line: string): void;
  note(line: string): void;
  /** A line as it may be shown on stdout. */
  show(line: string): string;
};

export function createTerminal({ json = false }: { readonly json?: boolean }): Terminal {
  const { stdout, stderr } = process;
  const hasColors = stdout.isTTY && stdout.hasColors();
  const show = (line: string) => (hasColors ? paint(printable(line)) : printable(line));
  const say = (line: string) => void stdout.write(`${show(line)}\n`);
  return {
    isJson: json,
    isLive: stdout.isTTY && !json,
    answer(document, lines) {
      if (json) stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      else for (const line of lines()) say(line);
    },
    emit: (object) => void stdout.write(`${JSON.stringify(object)}\n`),
    say,
    note: (line) => void stderr.write(`${printable(line)}\n`),
    show,
  };
}

/** Names and values are other people's: none of them may move the cursor or colour the screen. */
export function printable(line: string): string {
  return line.replace(/\p{Cc}/gu, "\u{fffd}");
}

const colors = {
  RUNNING: "blue",
  WAITING: "cyan",
  COMPLETED: "green",
  FAILED: "red",
  TERMINATED: "yellow",
} as const;

function paint(line: string): string {
  return line.replace(/\b(RUNNING|WAITING|COMPLETED|FAILED|TERMINATED)\b/g, (status) =>
    styleText(colors[status as keyof typeof colors], status),
  );
}
