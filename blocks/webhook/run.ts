import type { InlineBlock } from "../block";
import { readObject } from "../inputs";
import { genericWebhookTrigger } from "./definition";

const trigger: InlineBlock = {
  definition: genericWebhookTrigger,
  run: (inputs) => [
    { pin: "constants", value: readObject(inputs, "constants", {}) },
    { pin: "payload", value: readObject(inputs, "payload", {}) },
  ],
};

export const webhookBlocks: readonly InlineBlock[] = [trigger];
