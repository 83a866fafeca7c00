import type { Block, WaitBlock } from "../block";
import { invalid, readInteger, readNumber } from "../inputs";
import * as definitions from "./definition";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const longestWait = 3650 * day;

const countdownTimer: WaitBlock = {
  definition: definitions.countdownTimer,
  plan: (inputs) => {
    const delayMs = Math.round(
      readNumber(inputs, "seconds", 0) * second +
        readNumber(inputs, "minutes", 0) * minute +
        readNumber(inputs, "hours", 0) * hour +
        readNumber(inputs, "days", 0) * day,
    );
    if (!(delayMs >= 0 && delayMs <= longestWait)) throw invalid("the time to wait must be between 0 and 3650 days");
    const message = inputs["input_message"];
    return {
      delayMs,
      times: Math.max(0, readInteger(inputs, "repeat", 1)),
      emissions: [{ pin: "output_message", value: message === undefined ? "timer finished" : message }],
    };
  },
};

export const timerBlocks: readonly Block[] = [countdownTimer];
