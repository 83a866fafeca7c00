import { follow } from "./followers";

const [url = "", clients = ""] = process.argv.slice(2);
void follow(url, Number(clients));
