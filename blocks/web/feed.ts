import { parseFeed } from "@rowanmanning/feed-parser";
import type { JsonObject } from "../../graph/json";
import { BlockFailure } from "../block";
import type { RemoteBlock } from "../block";
import { invalid, readBoolean, readInteger, readText } from "../inputs";
import * as definitions from "./definition";
import { getMessage, parseUrl } from "./message";
import type { Send } from "./send";

const minute = 60_000;
/** Characters. Feeds are parsed on the main thread, some 10 MB a second. */
const longestFeed = 2 * 1024 * 1024;

/** One poll: what is newer than `time_period` at its start. */
export function readRssFeed(send: Send, now: () => number = Date.now): RemoteBlock {
  return {
    definition: definitions.readRssFeed,
    attempts: 3,
    run: async (inputs, context) => {
      const url = parseUrl(readText(inputs, "rss_url"));
      const since = now() - readInteger(inputs, "time_period", 1440) * minute;
      if (readInteger(inputs, "polling_rate") < 0) throw invalid("polling_rate must not be negative");
      if (readBoolean(inputs, "run_continuously", true))
        context.log.warn("a feed is read once for each run of its node");
      const { status, text } = await send(getMessage(url, "application/rss+xml, application/atom+xml, */*"), context);
      if (status < 200 || status > 299) {
        const retryable = status === 429 || status >= 500;
        throw new BlockFailure("request_failed", `the feed's server answered ${status}`, { retryable });
      }
      const entries = readEntries(text, since);
      return [...entries.map((value) => ({ pin: "entry", value })), { pin: "entries", value: entries }];
    },
  };
}

/** In the feed's order. One without a date counts as new: nothing says that it is old. */
function readEntries(text: string, since: number): JsonObject[] {
  if (text.length > longestFeed) throw new BlockFailure("feed_invalid", `the feed is over ${longestFeed} characters`);
  return parse(text)
    .items.filter(({ published, updated }) => {
      const at = published ?? updated;
      return at === null || at.getTime() > since;
    })
    .map(({ title, url, description, content, published, updated, authors, categories }) => ({
      title: title ?? "",
      link: url ?? "",
      description: description ?? content ?? "",
      pub_date: (published ?? updated)?.toISOString() ?? null,
      author: authors.map(({ name, email }) => name ?? email ?? "").join(", "),
      categories: categories.map(({ label, term }) => label ?? term),
    }));
}

function parse(text: string) {
  try {
    return parseFeed(text);
  } catch {
    throw new BlockFailure("feed_invalid", "what the address answered is no RSS or Atom feed");
  }
}
