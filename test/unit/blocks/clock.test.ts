import { clockBlocks } from "../../../blocks/clock/run";
import type { Inputs } from "../../../blocks/block";
import { contextOf, pairs } from "./run-block";

// A Saturday, the 325th day of the year.
const saturday = "2026-11-21T09:05:07.089Z";

async function tell(name: string, inputs: Inputs = {}, now = saturday) {
  const block = clockBlocks(() => Date.parse(now)).find(({ definition }) => definition.name === name);
  if (!block || block.definition.placement !== "remote" || !("run" in block)) throw new Error(name);
  return pairs(await block.run({ trigger: "x", ...inputs }, contextOf()));
}

const strftime = (format: string, timezone = "UTC") => ({
  format_type: { discriminator: "strftime", format, timezone },
});
const iso = (more: Inputs = {}) => ({ format_type: { discriminator: "iso8601", ...more } });

describe("by default", () => {
  test.each([
    ["GetCurrentTime", "time", "09:05:07"],
    ["GetCurrentDate", "date", "2026-11-21"],
    ["GetCurrentDateAndTime", "date_time", "2026-11-21 09:05:07"],
  ])("%s emits %s in UTC", async (name, pin, value) => {
    expect(await tell(name)).toEqual([[pin, value]]);
  });
});

test.each([
  ["%a %A %w %u", "Sat Saturday 6 6"],
  ["%d %e %-d %j", "21 21 21 325"],
  ["%b %B %m %h", "Nov November 11 Nov"],
  ["%y %Y %C %G %g", "26 2026 20 2026 26"],
  ["%H %I %p %M %S %f", "09 09 AM 05 07 089000"],
  ["%-H:%-M %k %l", "9:5  9  9"],
  ["%z %Z", "+0000 UTC"],
  ["%U %W %V", "46 46 47"],
  ["%c | %x | %X", "Sat Nov 21 09:05:07 2026 | 11/21/26 | 09:05:07"],
  ["%D %F %T %R %r", "11/21/26 2026-11-21 09:05:07 09:05 09:05:07 AM"],
  ["100%% %Q %", "100% %Q %"],
])("strftime %s gives %s", async (format, value) => {
  expect(await tell("GetCurrentDateAndTime", strftime(format))).toEqual([["date_time", value]]);
});

test.each([
  ["2026-01-01T00:00:00Z", "%U %W %V %G", "00 00 01 2026"],
  ["2027-01-01T00:00:00Z", "%U %W %V %G", "00 00 53 2026"],
  ["2028-01-02T12:00:00Z", "%U %W %V %e %I", "01 00 52  2 12"],
  ["2026-11-21T00:30:00Z", "%I %p", "12 AM"],
])("at %s strftime %s gives %s", async (now, format, value) => {
  expect(await tell("GetCurrentTime", strftime(format), now)).toEqual([["time", value]]);
});

describe("in a time zone", () => {
  test.each([
    ["America/New_York", "2026-11-21 04:05 -0500"],
    ["Asia/Kolkata", "2026-11-21 14:35 +0530"],
    ["Etc/GMT+12", "2026-11-20 21:05 -1200"],
  ])("%s it is %s", async (zone, value) => {
    expect(await tell("GetCurrentDateAndTime", strftime("%Y-%m-%d %H:%M %z", zone))).toEqual([["date_time", value]]);
  });

  test("that is not there: a failure that names it", async () => {
    await expect(tell("GetCurrentTime", strftime("%H", "Mars/Base"))).rejects.toMatchObject({
      code: "invalid_input",
      message: 'format_type.timezone "Mars/Base" is no IANA time zone',
    });
  });
});

describe("iso8601", () => {
  test.each([
    ["GetCurrentTime", {}, "T09:05:07+00:00"],
    ["GetCurrentTime", { include_microseconds: true, timezone: "Asia/Tokyo" }, "T18:05:07.089000+09:00"],
    ["GetCurrentDate", { include_microseconds: true }, "2026-11-21"],
    ["GetCurrentDateAndTime", {}, "2026-11-21T09:05:07+00:00"],
    ["GetCurrentDateAndTime", { include_microseconds: true }, "2026-11-21T09:05:07.089000+00:00"],
  ])("%s with %j gives %s", async (name, more, value) => {
    expect((await tell(name, iso(more))).map(([, emitted]) => emitted)).toEqual([value]);
  });
});

test.each([
  [1, "2026-11-20"],
  ["30", "2026-10-22"],
  [-1, "2026-11-22"],
  ["soon", "2026-11-21"],
])("an offset of %j days is subtracted: %s", async (offset, value) => {
  expect(await tell("GetCurrentDate", { offset })).toEqual([["date", value]]);
});

test("the date is that of the zone", async () => {
  const night = "2026-11-21T23:30:00Z";
  expect(await tell("GetCurrentDate", strftime("%Y-%m-%d", "Asia/Tokyo"), night)).toEqual([["date", "2026-11-22"]]);
});
