/** The planner coerces by the same rules, so they live in graph/. */
export { convert, parseJson, targets } from "../graph/convert";
