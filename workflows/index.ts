export { execution } from "./execution";
