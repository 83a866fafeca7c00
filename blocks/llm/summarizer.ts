import { BlockFailure } from "../block";
import type { RemoteBlock } from "../block";
import { invalid, readChoice, readInteger, readText } from "../inputs";
import * as definitions from "./definition";
import { systemSays, userSays } from "./messages";
import { attempts, modelOf } from "./model";

export const textSummarizer: RemoteBlock = {
  definition: definitions.textSummarizer,
  attempts,
  run: async (inputs, context) => {
    const text = readText(inputs, "text");
    const size = readInteger(inputs, "max_tokens", 4096);
    const overlap = readInteger(inputs, "chunk_overlap", 100);
    if (size < 1 || overlap < 0 || overlap >= size) throw invalid("chunk_overlap must be less than max_tokens");
    const style = readChoice(inputs, "style", definitions.styles, "concise");
    const focus = readText(inputs, "focus", "general information");
    const ask = modelOf(inputs, context);
    const told = systemSays(
      `You sum up texts. The form: ${style}. The focus: ${focus}. Answer with the summary alone.`,
    );

    for (let left = text, what = "Sum up this text:"; ; what = "Sum up these summaries of the parts of one text:") {
      const summaries: string[] = [];
      let sent = [told];
      for (const chunk of chunksOf(left, size, overlap)) {
        sent = [told, userSays(`${what}\n\n${chunk}`)];
        summaries.push((await ask({ messages: sent })).text);
      }
      const all = summaries.join("\n\n");
      if (summaries.length === 1) {
        return [
          { pin: "summary", value: all },
          { pin: "prompt", value: sent },
        ];
      }
      // Else it would never end.
      if (wordsOf(all).length >= wordsOf(left).length) {
        throw new BlockFailure("model_answer_invalid", "the summaries are no shorter than what they sum up");
      }
      left = all;
    }
  },
};

/** Pieces of at most `size` words, each beginning with the last `overlap` words of the one before. At least one. */
function chunksOf(text: string, size: number, overlap: number): string[] {
  const words = wordsOf(text);
  if (words.length <= size) return [text];
  const chunks: string[] = [];
  for (let from = 0; from < words.length - overlap; from += size - overlap) {
    chunks.push(words.slice(from, from + size).join(" "));
  }
  return chunks;
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
