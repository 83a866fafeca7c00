import { any, boolean, define, emitted, integer, list, optional, pins, required, text } from "../pins";

const caseSensitive = optional(boolean, true, "Whether case counts.");
const dotAll = optional(boolean, true, "Whether a dot matches line breaks too.");

export const matchTextPattern = define({
  id: "3060088f-6ed9-4928-9ba7-9c92823a7ccd",
  name: "MatchTextPattern",
  description: "Looks for a regular expression (Python's) in a text and emits on one of two branches.",
  placement: "inline",
  inputSchema: pins({
    text: required(any, "The text; anything else is searched as JSON."),
    match: required(text, "The regular expression; it may match anywhere in the text."),
    data: required(any, "What to emit; where it is empty, the text."),
    case_sensitive: caseSensitive,
    dot_all: dotAll,
  }),
  outputSchema: pins({
    positive: emitted(any, "The branch taken where it matches."),
    negative: emitted(any, "The branch taken where it does not."),
  }),
});

export const extractTextInformation = define({
  id: "3146e4fe-2cdd-4f29-bd12-0c9d5bb4deb0",
  name: "ExtractTextInformation",
  description: "Takes what a regular expression (Python's) matches out of a text.",
  placement: "inline",
  inputSchema: pins({
    text: required(
      any,
      "The text; anything else is searched as JSON. What is beyond 1,000,000 characters is not searched.",
    ),
    pattern: required(text, "The regular expression."),
    group: optional(integer, 0, "The group whose text to take; 0: all that matched."),
    case_sensitive: caseSensitive,
    dot_all: dotAll,
    find_all: optional(boolean, false, "Whether to take all matches, at most 1,000, or the first."),
  }),
  outputSchema: pins({
    positive: emitted(text, "The text of a match, at most 10,000 characters of it; one for each."),
    negative: emitted(any, "The text searched, where nothing was found."),
    matched_results: emitted(list, "The texts of all matches taken."),
    matched_count: emitted(integer, "How many there are."),
  }),
});
