// Ends the embedded servers when the process that started them is gone, however it went (kill -9 included): our stdin closes
// with it. It writes lines to us: `watch <pid> <signal>` and `forget <pid>`. Plain Node, so that it starts in milliseconds.
import process from "node:process";

const patienceMs = 8_000;
const watched = new Map();

let rest = "";
process.stdin.setEncoding("utf8").on("data", (chunk) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  for (const line of lines) {
    const [verb, pid, signal] = line.split(" ");
    if (verb === "watch") watched.set(Number(pid), signal);
    if (verb === "forget") watched.delete(Number(pid));
  }
});
process.stdin.on("close", endAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {}); // only the pipe decides

function endAll() {
  const deadline = Date.now() + patienceMs;
  for (const [pid, signal] of watched) send(pid, signal);
  const timer = setInterval(() => {
    for (const pid of watched.keys()) if (!send(pid, 0)) watched.delete(pid);
    if (watched.size === 0) clearInterval(timer);
    else if (Date.now() > deadline) for (const pid of watched.keys()) send(pid, "SIGKILL");
  }, 50);
}

/** Whether there was such a process. */
function send(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
