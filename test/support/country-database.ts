/** Small country tables in MaxMind's format (https://maxmind.github.io/MaxMind-DB/), for those who read such tables. */
import assert from 'node:assert/strict';
import { isIPv4 } from 'node:net';

export interface CountryRange {
  /** CIDR, IPv4 or IPv6. */
  readonly prefix: string;
  readonly country: string;
}

type Node = [left: Branch, right: Branch];
type Branch = Node | number | undefined;

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const SEPARATOR_BYTES = 16;

export function countryDatabase(ranges: readonly CountryRange[]): Buffer {
  const root: Node = [undefined, undefined];
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (const { prefix, country } of ranges) {
    place(root, bitsOf(prefix), dataBytes);
    const record = map([['country', map([['iso_code', text(country)]])]]);
    data.push(record);
    dataBytes += record.length;
  }
  const nodes = nodesOf(root);
  const tree = Buffer.concat(
    nodes.map((node) => Buffer.concat(node.map((branch) => recordOf(branch, nodes)))),
  );
  return Buffer.concat([tree, Buffer.alloc(SEPARATOR_BYTES), ...data, MARKER, metadata(nodes.length)]);
}

function place(root: Node, bits: readonly number[], offset: number): void {
  let node = root;
  for (const [index, bit] of bits.entries()) {
    if (index === bits.length - 1) {
      node[bit] = offset;
      return;
    }
    const next = node[bit] ?? [undefined, undefined];
    assert(typeof next !== 'number', 'ranges do not overlap');
    node[bit] = next;
    node = next;
  }
}

function nodesOf(root: Node): Node[] {
  const nodes = [root];
  for (const node of nodes) nodes.push(...node.filter((branch) => Array.isArray(branch)));
  return nodes;
}

function recordOf(branch: Branch, nodes: readonly Node[]): Buffer {
  const value =
    branch === undefined
      ? nodes.length
      : Array.isArray(branch)
        ? nodes.indexOf(branch)
        : nodes.length + SEPARATOR_BYTES + branch;
  return Buffer.from([value >> 16, (value >> 8) & 255, value & 255]);
}

/** IPv4 lies below ::/96. */
function bitsOf(prefix: string): number[] {
  const [address = '', length = ''] = prefix.split('/');
  const bytes = isIPv4(address)
    ? [...Array(12).fill(0), ...address.split('.').map(Number)]
    : bytesOfIpv6(address);
  const bits = bytes.flatMap((byte: number) => [7, 6, 5, 4, 3, 2, 1, 0].map((place) => (byte >> place) & 1));
  return bits.slice(0, Number(length) + (isIPv4(address) ? 96 : 0));
}

function bytesOfIpv6(address: string): number[] {
  const [head = '', tail = ''] = address.split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const zeros = Array(8 - groups(head).length - groups(tail).length).fill('0');
  return [...groups(head), ...zeros, ...groups(tail)].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function metadata(nodes: number): Buffer {
  return map([
    ['binary_format_major_version', unsigned(5, 2)],
    ['binary_format_minor_version', unsigned(5, 0)],
    ['build_epoch', Buffer.from([4, 2, 1, 2, 3, 4])],
    ['database_type', text('Test-Country')],
    ['description', map([['en', text('made by a test')]])],
    ['ip_version', unsigned(5, 6)],
    ['languages', Buffer.concat([Buffer.from([1, 4]), text('en')])],
    ['node_count', unsigned(6, nodes)],
    ['record_size', unsigned(5, 24)],
  ]);
}

function map(entries: readonly (readonly [string, Buffer])[]): Buffer {
  const body = entries.flatMap(([key, value]) => [text(key), value]);
  return Buffer.concat([Buffer.from([(7 << 5) | entries.length]), ...body]);
}

function text(value: string): Buffer {
  assert(value.length < 29, 'longer texts have another head');
  return Buffer.concat([Buffer.from([(2 << 5) | value.length]), Buffer.from(value)]);
}

function unsigned(type: number, value: number): Buffer {
  return Buffer.from([(type << 5) | 2, value >> 8, value & 255]);
}
