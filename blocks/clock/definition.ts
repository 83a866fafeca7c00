import { define, emitted, integerOrText, object, optional, pins, required, text } from "../pins";

const trigger = required(text, "Any text: it is what makes the block run.");

const formatType = (format: string) =>
  optional(
    object,
    { discriminator: "strftime", format, timezone: "UTC", use_user_timezone: false },
    'The form: {discriminator: "strftime", format, timezone} or {discriminator: "iso8601", timezone, include_microseconds}.',
  );

export const formats = { time: "%H:%M:%S", date: "%Y-%m-%d", dateTime: "%Y-%m-%d %H:%M:%S" } as const;

export const getCurrentTime = define({
  id: "a892b8d9-3e4e-4e9c-9c1e-75f8efcf1bfa",
  name: "GetCurrentTime",
  description: "Emits the time of day.",
  placement: "remote",
  inputSchema: pins({ trigger, format_type: formatType(formats.time) }),
  outputSchema: pins({ time: emitted(text, "The time.") }),
});

export const getCurrentDate = define({
  id: "b29c1b50-5d0e-4d9f-8f9d-1b0e6fcbf0b1",
  name: "GetCurrentDate",
  description: "Emits the date, or that of some days ago.",
  placement: "remote",
  inputSchema: pins({
    trigger,
    offset: optional(integerOrText, 0, "Days to go back; negative: forward."),
    format_type: formatType(formats.date),
  }),
  outputSchema: pins({ date: emitted(text, "The date.") }),
});

export const getCurrentDateAndTime = define({
  id: "716a67b3-6760-42e7-86dc-18645c6e00fc",
  name: "GetCurrentDateAndTime",
  description: "Emits the date and the time.",
  placement: "remote",
  inputSchema: pins({ trigger, format_type: formatType(formats.dateTime) }),
  outputSchema: pins({ date_time: emitted(text, "Date and time.") }),
});
