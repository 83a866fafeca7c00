import { DateTime } from "luxon";
import { own } from "../../graph/json";
import type { Block, Inputs, RemoteBlock } from "../block";
import { invalid, readBoolean, readObject, readText } from "../inputs";
import { parseFloatText } from "../numbers";
import * as definitions from "./definition";
import { strftime } from "./strftime";

type Clock = () => number;

/** In the zone that the inputs name. There are no users with a zone of their own, so `use_user_timezone` changes nothing. */
function timeOf(inputs: Inputs, now: Clock): DateTime {
  const zone = readText(readObject(inputs, "format_type", {}), "timezone", "UTC");
  const at = DateTime.fromMillis(now(), { zone, locale: "en-US" });
  if (!at.isValid) throw invalid(`format_type.timezone "${zone}" is no IANA time zone`);
  return at;
}

function write(inputs: Inputs, at: DateTime, format: string, iso: (microseconds: boolean) => string): string {
  const type = readObject(inputs, "format_type", {});
  if (own(type, "discriminator") === "iso8601") return iso(readBoolean(type, "include_microseconds", false));
  return strftime(at, readText(type, "format", format));
}

/** The clock here counts milliseconds; Python prints six digits. */
function isoTime(at: DateTime, microseconds: boolean): string {
  return at.toFormat(microseconds ? "HH:mm:ss.SSS'000'ZZ" : "HH:mm:ssZZ");
}

/** What is no number counts as 0. */
function daysBack(inputs: Inputs): number {
  const days = parseFloatText(readText(inputs, "offset", "0")) ?? 0;
  return Number.isFinite(days) ? Math.trunc(days) : 0;
}

/** Remote for the clock: what a node emits must not depend on when its step is planned again. */
export function clockBlocks(now: Clock = Date.now): readonly Block[] {
  const block = (
    definition: RemoteBlock["definition"],
    pin: string,
    emit: (inputs: Inputs, at: DateTime) => string,
  ): RemoteBlock => ({
    definition,
    run: async (inputs) => [{ pin, value: emit(inputs, timeOf(inputs, now)) }],
  });
  return [
    block(definitions.getCurrentTime, "time", (inputs, at) =>
      write(inputs, at, definitions.formats.time, (microseconds) => `T${isoTime(at, microseconds)}`),
    ),
    block(definitions.getCurrentDate, "date", (inputs, today) => {
      const at = today.minus({ days: daysBack(inputs) });
      if (!at.isValid) throw invalid("offset leads to a date that there is not");
      return write(inputs, at, definitions.formats.date, () => at.toFormat("yyyy-MM-dd"));
    }),
    block(definitions.getCurrentDateAndTime, "date_time", (inputs, at) =>
      write(
        inputs,
        at,
        definitions.formats.dateTime,
        (microseconds) => `${at.toFormat("yyyy-MM-dd")}T${isoTime(at, microseconds)}`,
      ),
    ),
  ];
}
