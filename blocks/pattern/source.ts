/** Reads a text from left to right, by code points. */
export class Source {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.at >= this.#text.length;
  }

  /** The next character; "" at the end. */
  take(): string {
    const code = this.#text.codePointAt(this.at);
    const character = code === undefined ? "" : String.fromCodePoint(code);
    this.at += character.length;
    return character;
  }

  /** Steps over `text` if it is next. */
  takeIf(text: string): boolean {
    const isNext = this.#text.startsWith(text, this.at);
    if (isNext) this.at += text.length;
    return isNext;
  }

  /** What a sticky pattern finds here. */
  takeMatch(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.#text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }
}
