/** What other shorteners say of a link, in our words, and how their ways of saying it are read. */
import { AppError, invalidField } from '../../../../core/errors.ts';
import type { Card, RedirectType, Rule, Utm } from '../../link.ts';

export interface SourceLink {
  readonly url: string;
  /** What it is opened by there; absent where none is given. */
  readonly code?: string | undefined;
  /** The host name under which it is to be opened here. */
  readonly host?: string | undefined;
  /** The host name at which it is opened there, where that is another than that of the shortener itself. */
  readonly sourceHost?: string | undefined;
  readonly title?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly createdAt?: Date | undefined;
  readonly enabled?: boolean | undefined;
  readonly startsAt?: Date | undefined;
  readonly expiresAt?: Date | undefined;
  readonly fallbackUrl?: string | undefined;
  readonly maxVisits?: number | undefined;
  readonly passQuery?: boolean | undefined;
  readonly redirectType?: RedirectType | undefined;
  readonly utm?: Utm | undefined;
  readonly rules?: readonly Rule[] | undefined;
  readonly card?: Card | undefined;
  /** All that were counted there. */
  readonly clicks?: number | undefined;
  /** What of it could not be taken over as it was. */
  readonly notes?: readonly string[] | undefined;
}

export type SourceRecord = Readonly<Record<string, unknown>>;

/** Reads one record. Fails with `invalid` for one that is not to be imported, and says why. */
export type ReadSourceLink = (record: SourceRecord) => SourceLink;

/** The text of the first field that has one. */
export function textOf(record: SourceRecord, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

export function neededText(record: SourceRecord, ...names: readonly string[]): string {
  const text = textOf(record, ...names);
  if (text === undefined) throw invalidField(names[0] ?? 'row', 'is missing.');
  return text;
}

/** A whole number, 0 or more, also with commas between the thousands. */
export function countOf(record: SourceRecord, ...names: readonly string[]): number | undefined {
  const count = Number(textOf(record, ...names)?.replace(/[,\s]/g, ''));
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

const SQL_TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/;

/** RFC 3339, or as a database writes it, which is taken for UTC. What is no time, or of no year from 1 to 9999, is left out. */
export function timeIn(record: SourceRecord, ...names: readonly string[]): Date | undefined {
  const text = textOf(record, ...names);
  if (text === undefined) return undefined;
  const time = new Date(text.replace(SQL_TIME, '$1T$2Z'));
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9_999 ? time : undefined;
}

/** A list, or a text with a separator between them. */
export function tagsOf(record: SourceRecord, ...names: readonly string[]): string[] {
  const value = names.map((name) => record[name]).find((each) => each !== undefined && each !== null);
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[|,;]/) : [];
  return list.flatMap((tag: unknown) => (typeof tag === 'string' && tag.trim() !== '' ? [tag.trim()] : []));
}

/** The code at the end of a short URL, with or without its scheme: `https://bit.ly/abc`, `bit.ly/abc`, `/abc/`. */
export function codeIn(shortUrl: string | undefined): string | undefined {
  const [path = ''] = shortUrl?.split(/[?#]/, 1) ?? [];
  return path.split('/').findLast((part) => part !== '');
}

/** The host of a short URL, with or without its scheme. */
export function hostIn(shortUrl: string | undefined): string | undefined {
  return /^(?:[a-z]+:\/\/)?([^/?#]+)\//i.exec(shortUrl ?? '')?.[1]?.toLowerCase();
}

export function leftOut(reason: string): AppError {
  return new AppError('invalid', reason);
}
