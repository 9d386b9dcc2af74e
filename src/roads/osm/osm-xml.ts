/** Extracts of OpenStreetMap as XML (.osm, .osm.xml), in which each element begins with a tag that says all of it. */
import { AppError } from '../../core/errors.ts';
import type { OsmVisitor } from './osm-element.ts';

/** Longer than any that there are: the longest texts have 255 characters. */
const TAG_LENGTH_MAX = 64 * 1_024;
const ATTRIBUTE = /([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

export async function visitOsmXml(texts: AsyncIterable<string>, visitor: OsmVisitor): Promise<void> {
  const reader = createTagReader(visitor);
  let rest = '';
  for await (const text of texts) {
    rest += text;
    const end = rest.lastIndexOf('>');
    for (const tag of rest.slice(0, end + 1).split('>'))
      if (tag.includes('<')) reader.tag(tag.slice(tag.indexOf('<') + 1));
    rest = rest.slice(end + 1);
    if (rest.length > TAG_LENGTH_MAX) throw damaged();
  }
  if (!reader.isOver()) throw damaged();
}

function createTagReader(visitor: OsmVisitor) {
  let root: 'before' | 'within' | 'after' = 'before';
  let way: { refs: number[]; tags: Map<string, string> } | undefined;

  function begin(name: string, attributes: ReadonlyMap<string, string>): void {
    const number = (key: string): number => Number(attributes.get(key) ?? Number.NaN);
    if (name === 'node') {
      const [id, lat, lng] = [number('id'), number('lat'), number('lon')];
      if (!(Math.abs(lat) <= 90 && Math.abs(lng) <= 180)) throw damaged();
      visitor.node?.(id, lat, lng);
    } else if (name === 'way') way = { refs: [], tags: new Map() };
    else if (name === 'nd') way?.refs.push(number('ref'));
    else if (name === 'tag') way?.tags.set(attributes.get('k') ?? '', attributes.get('v') ?? '');
  }

  function end(name: string): void {
    if (name === 'osm') root = 'after';
    if (name !== 'way' || way === undefined) return;
    visitor.way?.(way);
    way = undefined;
  }

  return {
    isOver: () => root === 'after',
    tag(text: string): void {
      const [, slash = '', name = ''] = /^(\/?)([\w:]+)/.exec(text) ?? [];
      if (slash !== '') end(name);
      else if (root === 'within') {
        begin(name, attributesOf(text));
        if (text.endsWith('/')) end(name);
      } else if (name === 'osm') root = 'within';
      else if (name !== '') throw damaged();
    },
  };
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single]) => [
      name,
      plain(double ?? single ?? ''),
    ]),
  );
}

function plain(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x?)?(\w+);/g, (entity, number: string | undefined, name: string) => {
    if (number === undefined) return ENTITIES.get(name) ?? entity;
    return String.fromCodePoint(Number.parseInt(name, number === '#' ? 10 : 16) || 0xfffd);
  });
}

function damaged(): AppError {
  return new AppError(
    'invalid',
    'The file is damaged, or no OpenStreetMap extract (XML with the element <osm>).',
  );
}
