import { V7Generator } from "uuidv7";

const digits = Buffer.from("0123456789abcdef");
/** Where each byte of a UUID stands in its text. */
const places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/**
 * Makes UUIDv7, each after the one before. As `uuidv7`, at a third of its time: random numbers are drawn 1,024 at a time, not
 * eight, and the text is not put together of 36 pieces, which are a kilobyte for the collector.
 */
export function createMint(): () => string {
  const drawn = new Uint32Array(1_024);
  let used = drawn.length;
  const nextUint32 = (): number => {
    if (used === drawn.length) {
      crypto.getRandomValues(drawn);
      used = 0;
    }
    return drawn[used++] ?? 0;
  };
  const generator = new V7Generator({ nextUint32 });
  const text = Buffer.alloc(36, "-");
  return () => {
    const { bytes } = generator.generate();
    for (let index = 0; index < places.length; index++) {
      const byte = bytes[index] ?? 0;
      const place = places[index] ?? 0;
      text[place] = digits[byte >> 4] ?? 0;
      text[place + 1] = digits[byte & 15] ?? 0;
    }
    return text.toString("latin1");
  };
}
