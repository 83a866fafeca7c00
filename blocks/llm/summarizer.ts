import { BlockFailure } from "../block";
import type { RemoteBlock } from "../block";
import { invalid, readChoice, readInteger, readText } from "../inputs";
import * as definitions from "./definition";
import { systemSays, userSays } from "./messages";
import { attempts, modelOf } from "./model";

/** Each round puts summaries of chunks together and sums them up again; a model that does not shorten would never end. */
const mostRounds = 8;

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

    let chunks = chunksOf(text, size, overlap);
    for (let round = 1; round <= mostRounds; round += 1) {
      const summaries: string[] = [];
      let sent = [told];
      for (const chunk of chunks) {
        const what = round === 1 ? "Sum up this text:" : "Sum up these summaries of the parts of one text:";
        sent = [told, userSays(`${what}\n\n${chunk}`)];
        summaries.push((await ask({ messages: sent })).text);
      }
      const [only] = summaries;
      if (summaries.length === 1 && only !== undefined) {
        return [
          { pin: "summary", value: only },
          { pin: "prompt", value: sent },
        ];
      }
      chunks = chunksOf(summaries.join("\n\n"), size, overlap);
    }
    throw new BlockFailure("model_answer_invalid", `the summaries did not get shorter in ${mostRounds} rounds`);
  },
};

/** Pieces of at most `size` words, each beginning with the last `overlap` words of the one before. At least one. */
export function chunksOf(text: string, size: number, overlap: number): string[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  if (words.length <= size) return [text];
  const chunks: string[] = [];
  for (let from = 0; from < words.length - overlap; from += size - overlap) {
    chunks.push(words.slice(from, from + size).join(" "));
  }
  return chunks;
}
