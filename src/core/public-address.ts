/**
 * Which IP addresses are of the public internet. Everything else (this machine, its networks, the metadata services of
 * clouds, multicast) is nothing that a URL given by a user may lead a server to.
 *
 * By the IANA registries of special-purpose addresses (RFC 6890 and successors).
 */
import { BlockList, isIP } from 'node:net';

/** What is not public of IPv4. */
const IPV4_RANGES: readonly (readonly [network: string, bits: number])[] = [
  ['0.0.0.0', 8], // this network; connecting to 0.0.0.0 reaches this machine
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // shared by carriers; the metadata service of one cloud
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // a public address that a cloud answers inside each of its machines
  ['169.254.0.0', 16], // link-local; the metadata services of most clouds
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments; the metadata service of one cloud
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // relays of 6to4
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks of networks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
];

/** What is not public within `IPV6_GLOBAL`. */
const IPV6_RANGES: readonly (readonly [network: string, bits: number])[] = [
  ['2001::', 23], // protocol assignments: Teredo (embeds an IPv4 address), ORCHID, benchmarks, …
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4 (embeds an IPv4 address)
  ['3fff::', 20], // documentation
];

/** All that is handed out to anyone; outside are loopback, fc00::/7, fe80::/10, ff00::/8, ::/96, … */
const IPV6_GLOBAL = ['2000::', 3] as const;

/**
 * Stand for the IPv4 address in their last 32 bits, and are what that one is: the mapped ones, and those of NAT64, by
 * which a machine without IPv4 reaches all that has nothing else.
 */
const IPV4_PREFIXES = ['::ffff:', '64:ff9b::'] as const;
const IPV4_PREFIX_BITS = 96;

const unfit = new BlockList();
const candidates = new BlockList();
for (const [network, bits] of IPV4_RANGES) {
  unfit.addSubnet(network, bits, 'ipv4');
  for (const prefix of IPV4_PREFIXES) unfit.addSubnet(prefix + network, IPV4_PREFIX_BITS + bits, 'ipv6');
}
for (const [network, bits] of IPV6_RANGES) unfit.addSubnet(network, bits, 'ipv6');
candidates.addSubnet(...IPV6_GLOBAL, 'ipv6');
for (const prefix of IPV4_PREFIXES) candidates.addSubnet(`${prefix}0.0.0.0`, IPV4_PREFIX_BITS, 'ipv6');

/** Whether the text is an IPv4 or IPv6 address (without brackets or a zone) that anyone on the internet can reach. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !unfit.check(address, 'ipv4');
    case 6:
      return !address.includes('%') && candidates.check(address, 'ipv6') && !unfit.check(address, 'ipv6');
    default:
      return false;
  }
}
