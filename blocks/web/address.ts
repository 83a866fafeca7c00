import ipaddr from "ipaddr.js";

const globalUnicast6 = ipaddr.parseCIDR("2000::/3");

/** Public by its number, but the cloud's own: Azure's agent, which answers with secrets of the machine. */
const metadataAddresses = ["168.63.129.16"];

/**
 * Why an address may not be reached from a graph: "loopback", "private", "linkLocal" (metadata of the clouds) …; `null` where
 * it is public. Forms of IPv6 that carry an IPv4 address (mapped, NAT64, 6to4, Teredo) are refused as a whole, but for the
 * mapped one, which counts as the address it carries.
 */
export function refusalOf(address: string): string | null {
  if (!ipaddr.isValid(address)) return "no address";
  const parsed = ipaddr.process(address);
  if (metadataAddresses.includes(parsed.toString())) return "metadata";
  const range = parsed.range();
  if (range !== "unicast") return range;
  return parsed.kind() === "ipv6" && !parsed.match(globalUnicast6) ? "reserved" : null;
}
