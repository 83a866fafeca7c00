import { define, emitted, integer, pins, required, text } from "../../../../blocks/pins";

export const romanNumeral = define({
  id: "5d0f3c56-1f1c-4a5e-9a55-4a1f0d8b7c21",
  name: "RomanNumeral",
  description: "Writes a whole number in Roman numerals.",
  placement: "inline",
  inputSchema: pins({ number: required(integer, "The number, 1 to 3,999.") }),
  outputSchema: pins({ numeral: emitted(text, "The numeral.") }),
});
