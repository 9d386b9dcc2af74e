/**
 * Reads values out of a YAML text that a person has written. What is wrong is gathered, so that all of it can be said at
 * once: with its line, its path, what it must be and what it is.
 */
import { type Document, isMap, isNode, isScalar, LineCounter, parse, parseDocument } from 'yaml';

/** A value and where it stands; `value` is `undefined` where nothing stands. */
export interface Place {
  readonly path: readonly string[];
  readonly value: unknown;
}

export interface TopologyReader {
  readonly root: Place;
  /** One line each: `topology.yaml:7: processes.api.count must be …`. */
  readonly problems: readonly string[];
  /** Where something stands that could not be read, so that something else had to be taken. */
  readonly unread: readonly (readonly string[])[];
  /** The value is taken all the same. */
  complain(place: { readonly path: Place['path'] | undefined }, message: string): void;
  /** The value cannot be taken. */
  refuse(place: Place, message: string): undefined;
  /** The places of a mapping that may have these names and no others. */
  fields<Name extends string>(place: Place, names: readonly Name[]): Readonly<Record<Name, Place>>;
  /** The places of a mapping whose names the writer chooses. */
  entries(place: Place): readonly (readonly [name: string, place: Place])[];
  /** Each of these answers `undefined` where nothing stands, and where something wrong does. */
  items(place: Place, must: string): readonly Place[] | undefined;
  text(place: Place, must: string, pattern?: Pick<RegExp, 'test'>): string | undefined;
  number(place: Place, must: string, fits: (value: number) => boolean): number | undefined;
  integer(place: Place, min: number, max: number): number | undefined;
  choice<Choice extends string>(place: Place, choices: readonly Choice[]): Choice | undefined;
}

export interface TopologySource {
  readonly text: string;
  /** What the file is called in complaints. */
  readonly name: string;
  /** Where `${NAME}` in a text is looked up, so that secrets need not stand in the file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `processes.api.count=4`: what shall stand there instead, for this once. */
  readonly overrides?: readonly string[];
}

/** More is no topology that somebody wrote. */
export const TEXT_LENGTH_MAX = 1_000_000;
const VALUE_LENGTH_MAX = 60;

export function readTopologyText(source: TopologySource): TopologyReader {
  const { text, name, environment, overrides = [] } = source;
  const problems: string[] = [];
  const unread: (readonly string[])[] = [];
  const lines = new LineCounter();
  const isTooLong = text.length > TEXT_LENGTH_MAX;
  const document = parseDocument(isTooLong ? '' : text, { lineCounter: lines, prettyErrors: false });
  if (isTooLong) problems.push(`${name}: the file is longer than ${TEXT_LENGTH_MAX} characters.`);
  for (const { pos, message, code } of document.errors) {
    const [from] = pos;
    const what =
      code === 'DUPLICATE_KEY'
        ? `${/^[^\s:]*/.exec(text.slice(from))?.[0]} is there twice. Give one of them another name, or take it out.`
        : `this is not YAML: ${message}`;
    problems.push(`${name}:${lines.linePos(from).line}: ${what}`);
  }
  // A name that is there twice hides nothing of the rest.
  const isReadable = !isTooLong && document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  if (isReadable) problems.push(...overrides.flatMap((each) => override(document, each)));
  const content = isReadable ? contentOf(document) : undefined;
  if (content?.problem !== undefined) problems.push(`${name}: ${content.problem}.`);
  if (content === undefined || content.problem !== undefined) unread.push([]);

  const whereIs = (path: Place['path'] | undefined): string => {
    if (path === undefined) return name;
    return isOverridden(document, path) ? `${name} with --set` : `${name}:${lineOf(document, lines, path)}`;
  };
  const complain: TopologyReader['complain'] = ({ path }, message) => {
    const problem = `${whereIs(path)}: ${path === undefined ? '' : `${pathText(path)} `}${message}`;
    if (!problems.includes(problem)) problems.push(problem);
  };
  const refuseValue: TopologyReader['refuse'] = (place, message) => {
    unread.push(place.path);
    complain(place, message);
    return undefined;
  };
  const refuse = (place: Place, must: string): undefined =>
    refuseValue(place, `must be ${must}; it is ${shown(place.value)}.`);
  const mapping = (place: Place): Record<string, unknown> | undefined => {
    if (place.value === undefined || isMapping(place.value)) return place.value;
    return refuse(place, 'a mapping (name: value)');
  };
  const below = (place: Place, name: string, value: unknown): Place => ({
    path: [...place.path, name],
    value: value ?? undefined,
  });
  const number: TopologyReader['number'] = (place, must, fits) => {
    const { value } = place;
    if (value === undefined || (typeof value === 'number' && fits(value))) return value;
    return refuse(place, must);
  };
  return {
    root: { path: [], value: content?.value },
    problems,
    unread,
    complain,
    refuse: refuseValue,
    fields(place, names) {
      const found = mapping(place) ?? {};
      for (const other of Object.keys(found).filter((key) => !names.some((known) => known === key))) {
        complain(below(place, other, found[other]), `is not known here. Known are: ${names.join(', ')}.`);
      }
      const places = names.map((known) => [known, below(place, known, found[known])] as const);
      return Object.fromEntries(places) as Record<(typeof names)[number], Place>; // One for each of the names.
    },
    entries: (place) =>
      Object.entries(mapping(place) ?? {}).map(([key, value]) => [key, below(place, key, value)] as const),
    items(place, must) {
      if (place.value === undefined) return undefined;
      if (!Array.isArray(place.value)) return refuse(place, must);
      return place.value.map((value, index) => below(place, String(index), value));
    },
    text(place, must, pattern = /./) {
      const { value } = place;
      if (value === undefined) return undefined;
      if (typeof value !== 'string') return refuse(place, must);
      const { expanded, missing } = expandVariables(value, environment);
      if (missing.length > 0) {
        return refuseValue(place, `uses ${missing.join(', ')}, which the environment does not have.`);
      }
      if (pattern.test(expanded)) return expanded;
      // What came out of the environment may be a secret.
      return expanded === value ? refuse(place, must) : refuseValue(place, `must be ${must}.`);
    },
    number,
    integer: (place, min, max) =>
      number(
        place,
        `a whole number from ${min} to ${max}`,
        (value) => Number.isInteger(value) && value >= min && value <= max,
      ),
    choice(place, choices) {
      const found = choices.find((choice) => choice === place.value);
      if (found !== undefined || place.value === undefined) return found;
      return refuse(place, choices.length === 1 ? String(choices[0]) : `one of ${choices.join(', ')}`);
    },
  };
}

/** Puts a value where `name.name=value` says. Answers what is wrong with that. */
function override(document: Document, text: string): string[] {
  const [, path, value = ''] = /^([\w-]+(?:\.[\w-]+)*)=(.*)$/s.exec(text) ?? [];
  if (path === undefined) {
    return [
      `${shown(text)} is not NAME=VALUE with the name of a place in the file, such as processes.api.count=4.`,
    ];
  }
  const [part, group, ...rest] = path.split('.');
  if (part === 'processes' && rest.length > 0 && !document.hasIn([part, group])) {
    return [
      `${path} cannot be set: the file has no processes that are called ${group}. To add some, give them whole: processes.${group}={ roles: [worker] }.`,
    ];
  }
  try {
    document.setIn(path.split('.'), document.createNode(parse(value)));
    return [];
  } catch (error) {
    return [`${path} cannot be set: ${error instanceof Error ? error.message : String(error)}.`];
  }
}

/** An alias that unfolds into far too much is refused by the parser, when values are made of it. */
function contentOf(document: Document): { readonly value: unknown; readonly problem?: string } {
  try {
    return { value: document.toJS() ?? undefined };
  } catch (error) {
    return { value: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pathText(path: Place['path']): string {
  const text = path.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join('');
  return text === '' ? 'the file' : text.replace(/^\./, '');
}

/** Whether the value is not that of the file: what was parsed knows its range, what was put in has none. */
function isOverridden(document: Document, path: readonly string[]): boolean {
  const node = document.getIn(path, true);
  return isNode(node) && !node.range;
}

/** Of the name that leads to the value; of what it would stand in, where it is absent. */
function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === name)
      : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** What follows the scheme of a URL, where it may have a password. */
const CREDENTIALS = /(?<=:\/\/)[^"]*[:@][^"]*/g;

function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'nothing').replaceAll(CREDENTIALS, '…');
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text;
}

function expandVariables(
  text: string,
  environment: TopologySource['environment'],
): { readonly expanded: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const expanded = text.replaceAll(/\$\{(\w+)\}/g, (_whole, name: string) => {
    const value = environment[name];
    if (value === undefined || value === '') missing.push(name);
    return value ?? '';
  });
  return { expanded, missing };
}
