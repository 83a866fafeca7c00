import type { InlineBlock } from "../../../../blocks/block";
import { invalid, readInteger } from "../../../../blocks/inputs";
import { romanNumeral } from "./definition";

const block: InlineBlock = {
  definition: romanNumeral,
  run: (inputs) => {
    const number = readInteger(inputs, "number");
    if (number < 1 || number > 3999) throw invalid("number must be between 1 and 3,999");
    return [{ pin: "numeral", value: write(number) }];
  },
};

const places = [
  ["", "M", "MM", "MMM"],
  ["", "C", "CC", "CCC", "CD", "D", "DC", "DCC", "DCCC", "CM"],
  ["", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"],
  ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"],
];

function write(number: number): string {
  const digits = [...String(number).padStart(4, "0")];
  return digits.map((digit, place) => places[place]?.[Number(digit)] ?? "").join("");
}

export const romanBlocks: readonly InlineBlock[] = [block];
