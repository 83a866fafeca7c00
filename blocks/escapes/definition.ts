import { define, emitted, pins, required, text } from "../pins";

export const textEncoder = define({
  id: "5185f32e-4b65-4ecf-8fbb-873f003f09d6",
  name: "TextEncoder",
  description: "Writes control characters, backslashes and all that is not ASCII as backslash escapes.",
  placement: "inline",
  inputSchema: pins({ text: required(text, "The text.") }),
  outputSchema: pins({ encoded_text: emitted(text, "The text in ASCII.") }),
});

export const textDecoder = define({
  id: "2570e8fe-8447-43ed-84c7-70d657923231",
  name: "TextDecoder",
  description: "Turns backslash escapes into the characters they stand for.",
  placement: "inline",
  inputSchema: pins({ text: required(text, "The text with escapes.") }),
  outputSchema: pins({ decoded_text: emitted(text, "The text without them.") }),
});
