import { startEngine } from "../support/engine";
import { draft, node } from "../unit/graph/fixtures";

test("pure blocks that do not fit inline run as activities, with the same results", async () => {
  await using engine = await startEngine();
  const text = "\u00e9".repeat(200_000); // over 256 KiB of JSON
  const graph = draft(
    [
      node("in", "AgentInput", { name: "text" }),
      node("encode", "TextEncoder"),
      node("count", "CountItems"),
      node("out", "AgentOutput", { name: "count" }),
      node("ahead", "ExtractTextInformation", { text: "price: 12 EUR", pattern: "\\d+(?= EUR)" }),
      node("amount", "AgentOutput", { name: "amount" }),
    ],
    [
      ...["in.result -> encode.text", "encode.encoded_text -> count.collection", "count.count -> out.value"],
      "ahead.positive -> amount.value",
    ],
  );
  const id = await engine.start(await engine.save(graph), { text });
  expect(await engine.ended(id)).toMatchObject({
    status: "COMPLETED",
    outputs: { count: [800_000], amount: ["12"] },
  });
  const scheduled = (await engine.eventTypes(id)).filter((type) => type === "ACTIVITY_TASK_SCHEDULED");
  expect(scheduled.length).toBeGreaterThan(0);
});
