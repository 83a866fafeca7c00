/** What can be drawn on in place; `process.stdout` where it is a terminal. */
export type Canvas = { readonly rows?: number; write(text: string): unknown };

export type Screen = {
  /** Draws over the last frame, cut to what the terminal holds. */
  draw(lines: readonly string[]): void;
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
    draw: (lines) => draw(fit(lines, (canvas.rows || rowsWhereUnknown) - 1)),
    finish(lines) {
      const up = drawn > 0 ? `\x1b[${drawn}A` : "";
      canvas.write(`${up}\x1b[J${lines.map((line) => `${line}\n`).join("")}`);
      drawn = 0;
    },
  };
}

/** The last line, which sums up, always stays. */
function fit(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(0, rows - 2);
  return [...lines.slice(0, shown), `… ${lines.length - shown - 1} more lines`, ...lines.slice(-1)];
}
