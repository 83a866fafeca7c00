import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { BlockFailure } from "../block";

export type Guard = { readonly lookup: LookupFunction; readonly refusalOf: (address: string) => string | null };

/**
 * Connects to public addresses only. What is checked is what is connected to: the answer of the one look-up that the
 * connection itself makes, so a name that resolves differently the next time gains nothing; and once more the peer's address, before a byte
 * of the request is sent.
 */
export function guardedConnector({ lookup, refusalOf }: Guard, timeout: number): buildConnector.connector {
  const refuse = (host: string, address: string | undefined): BlockFailure | null => {
    const reason = refusalOf(address ?? "");
    return reason === null ? null : new BlockFailure("address_refused", `${host} is not public (${reason})`);
  };

  const guardedLookup: LookupFunction = (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      const addresses = typeof found === "string" ? [{ address: found, family: isIP(found) }] : found;
      const refused =
        error ?? addresses.map(({ address }) => refuse(host, address)).find((failure) => failure !== null);
      const [first] = addresses ?? [];
      if (refused) callback(refused, []);
      else if (options.all) callback(null, addresses);
      else callback(null, first?.address ?? "", first?.family);
    });
  };

  const connect = buildConnector({ timeout, lookup: guardedLookup });
  return (options, callback) => {
    // A literal address is connected to without a look-up.
    const refused = isIP(options.hostname) === 0 ? null : refuse(options.hostname, options.hostname);
    if (refused) return callback(refused, null);
    connect(options, (...[error, socket]) => {
      if (error) return callback(error, null);
      const peer = refuse(options.hostname, socket.remoteAddress);
      if (peer === null) return callback(null, socket);
      socket.destroy();
      callback(peer, null);
    });
  };
}
