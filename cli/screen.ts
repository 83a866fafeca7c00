/** What can be drawn on in place; `process.stdout` where it is a terminal. */
export type Canvas = { readonly rows?: number; write(text: string): unknown };

export type Screen = {
  /** Draws over the last frame, cut to what the terminal holds; its last `kept` lines always stay (1). */
  draw(lines: readonly string[], kept?: number): void;
  /** Draws the last frame in full, and leaves it there. */
  finish(lines: readonly string[]): void;
};

const rowsWhereUnknown = 24;

export function createScreen(canvas: Canvas): Screen {
  let drawn = 0;
  const draw = (lines: readonly string[]) => {
    const up = drawn > 0 ? `\x1b[${drawn}A` : "";
    const text = lines.map((line) => `${line}\x1b[K\n`).join("");
    // without line wrap (?7) the terminal cuts long lines, so that a frame has as many rows as lines
    canvas.write(`\x1b[?7l${up}${text}\x1b[J\x1b[?7h`);
    drawn = lines.length;
  };
  return {
    draw: (lines, kept = 1) => draw(fit(lines, (canvas.rows || rowsWhereUnknown) - 1, kept)),
    finish(lines) {
      const up = drawn > 0 ? `\x1b[${drawn}A` : "";
      canvas.write(`${up}\x1b[J${lines.map((line) => `${line}\n`).join("")}`);
      drawn = 0;
    },
  };
}

/** What sums up stands at the end. */
function fit(lines: readonly string[], rows: number, kept: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(0, rows - 1 - kept);
  const end = lines.slice(-kept).slice(-rows);
  return [...lines.slice(0, shown), `… ${lines.length - shown - kept} more lines`, ...end].slice(-rows);
}
