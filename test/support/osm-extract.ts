/** Extracts of OpenStreetMap, written as the formats have them: by code that shares nothing with what reads them. */
import { deflateSync } from 'node:zlib';

export interface WrittenNode {
  readonly id: number;
  readonly lat: number;
  readonly lng: number;
}

export interface WrittenWay {
  readonly id: number;
  readonly refs: readonly number[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface Extract {
  readonly nodes: readonly WrittenNode[];
  readonly ways: readonly WrittenWay[];
}

export function osmXml({ nodes, ways }: Extract): string {
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<osm version="0.6" generator="test"><bounds minlat="0" minlon="0" maxlat="1" maxlon="1"/>',
    ...nodes.map(
      ({ id, lat, lng }) =>
        ` <node id="${id}" visible='true' lat="${lat.toFixed(7)}" lon="${lng.toFixed(7)}"/>`,
    ),
    ...ways.map(({ id, refs, tags }) =>
      [
        ` <way id="${id}">`,
        ...refs.map((ref) => `<nd ref="${ref}"/>`),
        ...Object.entries(tags).map(([key, value]) => `<tag k="${escaped(key)}" v="${escaped(value)}"/>`),
        '</way>',
      ].join('\n'),
    ),
    '<relation id="1"><member type="way" ref="1" role=""/><tag k="type" v="route"/></relation>',
    '</osm>',
  ].join('\n');
}

export interface PbfForm {
  /** Nodes all in one list of differences, or each by itself. */
  readonly dense?: boolean;
  readonly compressed?: boolean;
  /** That readers have to know. */
  readonly features?: readonly string[];
}

export function osmPbf(
  extract: Extract,
  { dense = true, compressed = true, features = [] }: PbfForm = {},
): Buffer {
  const header = concat(
    ['OsmSchema-V0.6', 'DenseNodes', ...features].map((name) => bytes(4, Buffer.from(name))),
  );
  const texts = [...new Set(['', ...extract.ways.flatMap(({ tags }) => Object.entries(tags).flat())])];
  const block = (group: Buffer): Buffer =>
    concat([bytes(1, concat(texts.map((text) => bytes(1, Buffer.from(text))))), bytes(2, group)]);
  const nodes = dense ? denseNodes(extract.nodes) : concat(extract.nodes.map(plainNode));
  const ways = concat(extract.ways.map((way) => wayOf(way, texts)));
  return concat([
    blob('OSMHeader', header, compressed),
    blob('OSMData', block(nodes), compressed),
    blob('OSMData', block(ways), compressed),
  ]);
}

function blob(type: string, content: Buffer, compressed: boolean): Buffer {
  const body = compressed
    ? concat([number(2, content.length), bytes(3, deflateSync(content))])
    : bytes(1, content);
  const header = concat([bytes(1, Buffer.from(type)), number(3, body.length)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return concat([length, header, body]);
}

function denseNodes(nodes: readonly WrittenNode[]): Buffer {
  const column = (of: (node: WrittenNode) => number) => packed(differences(nodes.map(of)).map(zigzag));
  return bytes(
    2,
    concat([
      bytes(
        1,
        column(({ id }) => id),
      ),
      bytes(
        8,
        column(({ lat }) => units(lat)),
      ),
      bytes(
        9,
        column(({ lng }) => units(lng)),
      ),
    ]),
  );
}

function plainNode({ id, lat, lng }: WrittenNode): Buffer {
  return bytes(
    1,
    concat([number(1, zigzag(id)), number(8, zigzag(units(lat))), number(9, zigzag(units(lng)))]),
  );
}

function wayOf({ id, refs, tags }: WrittenWay, texts: readonly string[]): Buffer {
  const place = (text: string) => BigInt(texts.indexOf(text));
  return bytes(
    3,
    concat([
      number(1, id),
      bytes(2, packed(Object.keys(tags).map(place))),
      bytes(3, packed(Object.values(tags).map(place))),
      bytes(8, packed(differences(refs).map(zigzag))),
    ]),
  );
}

/** Of 100 nanodegrees, which is the format's default. */
function units(degrees: number): number {
  return Math.round(degrees * 1e7);
}

function differences(values: readonly number[]): number[] {
  return values.map((value, index) => value - (values[index - 1] ?? 0));
}

function zigzag(value: number): bigint {
  return value < 0 ? BigInt(-value) * 2n - 1n : BigInt(value) * 2n;
}

function packed(values: readonly bigint[]): Buffer {
  return concat(values.map(varint));
}

function number(field: number, value: number | bigint): Buffer {
  return concat([varint(BigInt(field * 8)), varint(BigInt(value))]);
}

function bytes(field: number, content: Buffer): Buffer {
  return concat([varint(BigInt(field * 8 + 2)), varint(BigInt(content.length)), content]);
}

function varint(value: bigint): Buffer {
  const octets: number[] = [];
  let left = value;
  while (left > 127n) {
    octets.push(Number(left % 128n) + 128);
    left /= 128n;
  }
  return Buffer.from([...octets, Number(left)]);
}

function concat(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts);
}
