/** Words and queries in the notations of PostgreSQL's tsvector and tsquery. Pure. */
import type { PostQuery, Term } from './search-index.ts';
import { foldText, queriedWords, type SearchWord } from './search-words.ts';

/** No word of a text begins with one of these, so nobody can search for an author by a text. */
const TAG_MARK = '#';
const AUTHOR_MARK = '@';
const SPECIAL = /['\\]/;

export const tagLexeme = (tag: string): string => `${TAG_MARK}${foldText(tag)}`;
export const authorLexeme = (authorId: number): string => `${AUTHOR_MARK}${authorId}`;

/** A tsvector: words with their places, and lexemes without one. */
export function vectorText(words: readonly SearchWord[], lexemes: readonly string[] = []): string {
  const places = new Map<string, number[]>();
  for (const { text, position } of words) {
    const known = places.get(text);
    if (known === undefined) places.set(text, [position]);
    else known.push(position);
  }
  const placed = [...places].map(([text, positions]) => `${quote(text)}:${positions.join(',')}`);
  return [...placed, ...lexemes.map(quote)].join(' ');
}

/** Words of a query that may be replaced by their stems. */
export function stemmedWords({ terms, excludedTerms }: PostQuery): string[] {
  return [...terms, ...excludedTerms].flatMap((term) => {
    const words = queriedWords(term.text);
    const [only] = words;
    return only !== undefined && words.length === 1 && !term.exact && !only.begins ? [only.text] : [];
  });
}

/** A tsquery; `undefined` when nothing is left that a post could have. */
export function queryText(
  query: PostQuery,
  stems: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const wanted = [
    ...query.terms.flatMap((term) => termText(term, stems)),
    ...query.tags.map((tag) => quote(tagLexeme(tag))),
    ...(query.authorId === undefined ? [] : [quote(authorLexeme(query.authorId))]),
  ];
  if (wanted.length === 0) return undefined;
  const unwanted = query.excludedTerms.flatMap((term) => termText(term, stems)).map((text) => `!(${text})`);
  return [...wanted, ...unwanted].map((text) => `(${text})`).join(' & ');
}

/** Of a query, only what has the lexeme too. */
export function withLexeme(query: string, lexeme: string | undefined): string {
  return lexeme === undefined ? query : `${quote(lexeme)} & (${query})`;
}

/** For names: a word begins with each word of the text. `undefined`: there is no word in it. */
export function beginningsText(text: string): string | undefined {
  const words = queriedWords(text);
  if (words.length === 0) return undefined;
  return words.map(({ text: word }) => `${quote(word)}:*`).join(' & ');
}

function termText({ text, exact }: Term, stems: ReadonlyMap<string, readonly string[]>): string[] {
  const words = queriedWords(text);
  const [first] = words;
  if (first === undefined) return [];
  if (words.length === 1 && !exact && !first.begins) {
    return [[first.text, ...(stems.get(first.text) ?? [])].map(quote).join(' | ')];
  }
  return [phraseText(words)];
}

function phraseText(words: readonly SearchWord[]): string {
  let phrase = '';
  let last = 0;
  for (const { text, position, begins } of words) {
    const distance = phrase === '' ? '' : ` <${position - last}> `;
    phrase += `${distance}${quote(text)}${begins ? ':*' : ''}`;
    last = position;
  }
  return phrase;
}

function quote(lexeme: string): string {
  return SPECIAL.test(lexeme) ? `'${lexeme.replace(/['\\]/g, '$&$&')}'` : `'${lexeme}'`;
}
