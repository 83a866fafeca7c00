import { createServer } from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import type { BlockFailure } from "../../../blocks/block";
import { refusalOf } from "../../../blocks/web/address";
import { sendWebRequest } from "../../../blocks/web/run";
import { contextOf, pairs } from "./run-block";

/** A server on the loopback that counts what reaches it, and a look-up that answers from a script. */
async function setup(options: { names?: { [host: string]: string[] }; mayReach?: string } = {}) {
  const { names = {}, mayReach } = options;
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    const target = new URL(request.url ?? "", "http://x").searchParams.get("to");
    response.writeHead(target === null ? 200 : 302, target === null ? {} : { location: target }).end("reached");
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  const lookup: LookupFunction = (host, _options, callback) => {
    const address = names[host]?.shift() ?? "127.0.0.1";
    callback(null, [{ address, family: 4 }]);
  };
  const block = sendWebRequest({ lookup, refusalOf: (address) => (address === mayReach ? null : refusalOf(address)) });
  return {
    port,
    seen,
    send: async (url: string) => pairs(await block.run({ url, method: "GET" }, contextOf())),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const refused = (message: string): Partial<BlockFailure> => ({ code: "address_refused", message, retryable: false });

describe("SendWebRequest refuses what is not public:", () => {
  test.each([
    ["http://127.0.0.1", "127.0.0.1 is not public (loopback)"],
    ["http://2130706433", "127.0.0.1 is not public (loopback)"],
    ["http://0x7f.1", "127.0.0.1 is not public (loopback)"],
    ["http://0", "0.0.0.0 is not public (unspecified)"],
    ["http://[::1]", "::1 is not public (loopback)"],
    ["http://[::ffff:127.0.0.1]", "::ffff:7f00:1 is not public (loopback)"],
  ])("%s", async (origin, message) => {
    await using web = await setup();
    await expect(web.send(`${origin}:${web.port}/`)).rejects.toMatchObject(refused(message));
    expect(web.seen).toEqual([]);
  });

  test("a name that resolves to a private address", async () => {
    await using web = await setup({ names: { "inside.test": ["10.0.0.7"] } });
    await expect(web.send(`http://inside.test:${web.port}/`)).rejects.toMatchObject(
      refused("inside.test is not public (private)"),
    );
  });

  test("a name of which one address is public and one is not", async () => {
    const lookup: LookupFunction = (_host, _options, callback) =>
      callback(null, [
        { address: "93.184.216.34", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ]);
    const block = sendWebRequest({ lookup, refusalOf });
    await expect(block.run({ url: "http://both.test/" }, contextOf())).rejects.toMatchObject(
      refused("both.test is not public (loopback)"),
    );
  });

  test("a name that resolves to another address the second time (DNS rebinding)", async () => {
    await using web = await setup({ names: { "rebinds.test": ["127.0.0.1", "127.0.0.2"] }, mayReach: "127.0.0.1" });
    const url = `http://rebinds.test:${web.port}`;
    expect(await web.send(`${url}/first`)).toEqual([["response", "reached"]]);
    // A connection that is kept stays with the address it was made to; another port of the name needs a new one.
    await expect(web.send(`${url}/second?to=http://rebinds.test:1/`)).rejects.toMatchObject(
      refused("rebinds.test is not public (loopback)"),
    );
  });

  test("a redirect from a public address to a private one, by number or by name", async () => {
    await using web = await setup({ names: { "inside.test": ["192.168.0.1"] }, mayReach: "127.0.0.1" });
    const url = `http://public.test:${web.port}`;
    await expect(web.send(`${url}/?to=http://127.0.0.2:${web.port}/metadata`)).rejects.toMatchObject(
      refused("127.0.0.2 is not public (loopback)"),
    );
    await expect(web.send(`${url}/?to=http://inside.test:${web.port}/metadata`)).rejects.toMatchObject(
      refused("inside.test is not public (private)"),
    );
    expect(web.seen).not.toContain("/metadata");
  });

  test("a redirect to another scheme", async () => {
    await using web = await setup({ mayReach: "127.0.0.1" });
    await expect(web.send(`http://public.test:${web.port}/?to=file:///etc/passwd`)).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  test("a peer that is not the address that was looked up", async () => {
    // Where something below the look-up diverts the connection: the server hears of it, but gets no request.
    let asked = 0;
    await using web = await setup();
    const lookup: LookupFunction = (_host, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]);
    const block = sendWebRequest({ lookup, refusalOf: (address) => (asked++ === 0 ? null : refusalOf(address)) });
    await expect(block.run({ url: `http://diverted.test:${web.port}/` }, contextOf())).rejects.toMatchObject(
      refused("diverted.test is not public (loopback)"),
    );
    expect(web.seen).toEqual([]);
  });
});
