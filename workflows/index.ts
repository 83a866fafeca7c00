export { execution } from "./execution";
export { stop } from "./stop";
