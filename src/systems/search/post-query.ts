/**
 * What somebody typed, as a query for posts: words, "phrases in quotes", -without, #tag, from:name, since:2026-01-31 and
 * until:2026-01-31. Pure. Whatever else is in it, quotes that are not closed and operators of other languages included, is
 * text like any other.
 */
import { invalidField } from '../../core/errors.ts';
import { composeId, ID_MAX, ID_TIME_MIN_MS, type Id } from '../../core/ids.ts';
import { QUERY_TERMS_MAX, type Term } from '../../ports/search-index/search-index.ts';

export const QUERY_LENGTH_MAX = 200;

export interface ParsedPostQuery {
  readonly terms: readonly Term[];
  readonly excludedTerms: readonly Term[];
  readonly tags: readonly string[];
  /** Of the author. */
  readonly username: string | undefined;
  readonly from: Id | undefined;
  /** Only posts with lower ids. */
  readonly before: Id;
}

const DAY_MS = 86_400_000;
/** Something to look for: a letter or a digit. */
const WORD = /[\p{L}\p{N}]/u;
const PART = /(-?)(?:"([^"]*)(?:"|$)|(\S+))/gu;
const TAG = /^[#＃]([\p{L}\p{M}\p{N}_]+)$/u;
const AUTHOR = /^from:@?([A-Za-z0-9_]+)$/i;
const DATE = /^(since|until):(.*)$/i;

/**
 * Without what cannot be seen and would only disturb: control characters, marks of direction, halves of characters. Fails with
 * `invalid` when it is too long or nothing is left.
 */
export function cleanQuery(text: string): string {
  const clean = text
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, ' ')
    .replace(/[\p{Cf}]/gu, '')
    .trim();
  if ([...clean].length > QUERY_LENGTH_MAX || clean.length > 2 * QUERY_LENGTH_MAX) {
    throw invalidField('q', `must have at most ${QUERY_LENGTH_MAX} characters.`);
  }
  if (!WORD.test(clean)) throw nothingToLookFor();
  return clean;
}

/** Fails with `invalid` for a query without anything to look for, with too many parts, or with a date that is none. */
export function parsePostQuery(text: string): ParsedPostQuery {
  const terms: Term[] = [];
  const excludedTerms: Term[] = [];
  const tags: string[] = [];
  let username: string | undefined;
  let from: Id | undefined;
  let before = ID_MAX;
  for (const [, minus = '', phrase, plain = ''] of text.matchAll(PART)) {
    const list = minus === '' ? terms : excludedTerms;
    if (phrase !== undefined) {
      if (WORD.test(phrase)) list.push({ text: phrase, exact: true });
      continue;
    }
    const [tag, author, date] = [TAG.exec(plain), AUTHOR.exec(plain), DATE.exec(plain)];
    if (minus === '' && tag !== null) tags.push(tag[1] ?? '');
    else if (minus === '' && author !== null) username = author[1];
    else if (minus === '' && date?.[1]?.toLowerCase() === 'since') from = idAt(date[2] ?? '', 0);
    else if (minus === '' && date !== null) before = idAt(date[2] ?? '', DAY_MS);
    else if (WORD.test(plain)) list.push({ text: plain, exact: false });
  }
  if (terms.length + tags.length === 0 && username === undefined) throw nothingToLookFor();
  if (terms.length + excludedTerms.length + tags.length > QUERY_TERMS_MAX) {
    throw invalidField('q', `must have at most ${QUERY_TERMS_MAX} words, phrases and tags.`);
  }
  return { terms, excludedTerms, tags, username, from, before };
}

/** The first id of the day, in UTC, or of the moment so much later. */
function idAt(date: string, laterMs: number): Id {
  const timeMs = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  // 30 February would be a day in March.
  if (Number.isNaN(timeMs) || !new Date(timeMs).toISOString().startsWith(date)) {
    throw invalidField('q', 'since: and until: take a day such as 2026-01-31.');
  }
  const idMs = timeMs + laterMs;
  if (idMs < ID_TIME_MIN_MS) return 0;
  return Math.min(ID_MAX, composeId(idMs, 0, 0));
}

function nothingToLookFor() {
  return invalidField('q', 'must have something to look for: a word, a #tag or from:name.');
}
