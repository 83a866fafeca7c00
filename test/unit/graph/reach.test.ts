import { nodesAfter } from "../../../graph/reach";

const link = (sourceId: string, sinkId: string) => ({
  sourceId,
  sourceName: "o",
  sinkId,
  sinkName: "i",
  isStatic: false,
});

test("nodes after one are all that its values can reach, itself included, each once", () => {
  const links = [link("a", "b"), link("b", "c"), link("c", "b"), link("x", "c"), link("c", "d")];
  expect(nodesAfter(links, "b")).toEqual(["b", "c", "d"]);
  expect(nodesAfter(links, "d")).toEqual(["d"]);
  expect(nodesAfter(links, "a")).toEqual(["a", "b", "c", "d"]);
});
