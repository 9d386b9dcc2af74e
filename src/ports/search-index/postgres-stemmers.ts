/** Which of PostgreSQL's stemmers is for which language. Those of PostgreSQL 15, so that every server has them. */
import { readStatement, type SqlSession } from '../sql-store/sql-store.ts';

export interface Stemmer {
  /** Before each stem in the index, so that a stem of one language is none of another. */
  readonly code: string;
  readonly dictionary: string;
}

const LATIN = /\p{sc=Latin}/u;
const CYRILLIC = /\p{sc=Cyrillic}/u;
const DEVANAGARI = /\p{sc=Devanagari}/u;

const SCRIPTS_OF_OTHERS: Readonly<Record<string, RegExp>> = {
  ar: /\p{sc=Arabic}/u,
  hy: /\p{sc=Armenian}/u,
  el: /\p{sc=Greek}/u,
  hi: DEVANAGARI,
  ne: DEVANAGARI,
  ru: CYRILLIC,
  sr: /\p{sc=Cyrillic}|\p{sc=Latin}/u,
  ta: /\p{sc=Tamil}/u,
  yi: /\p{sc=Hebrew}/u,
};

const NAMES: Readonly<Record<string, string>> = {
  ...{ ar: 'arabic', hy: 'armenian', eu: 'basque', ca: 'catalan', da: 'danish', nl: 'dutch', en: 'english' },
  ...{
    fi: 'finnish',
    fr: 'french',
    de: 'german',
    el: 'greek',
    hi: 'hindi',
    hu: 'hungarian',
    id: 'indonesian',
  },
  ...{ ga: 'irish', it: 'italian', lt: 'lithuanian', ne: 'nepali', no: 'norwegian', pt: 'portuguese' },
  ...{
    ro: 'romanian',
    ru: 'russian',
    sr: 'serbian',
    es: 'spanish',
    sv: 'swedish',
    ta: 'tamil',
    tr: 'turkish',
  },
  yi: 'yiddish',
};

const SAME_AS: Readonly<Record<string, string>> = { nb: 'no', nn: 'no' };

const STEMMERS: ReadonlyMap<string, Stemmer> = new Map(
  Object.entries(NAMES).map(([code, name]) => [code, { code, dictionary: `pg_catalog.${name}_stem` }]),
);

/** For the language of a post; `undefined`: its words are indexed as they are. */
export function stemmerOf(language: string | null): Stemmer | undefined {
  const primary = language?.split('-')[0]?.toLowerCase() ?? '';
  return STEMMERS.get(SAME_AS[primary] ?? primary);
}

/** In whatever language a post is that has the words: all stems that each word may have there. */
export async function stemsOf(
  sql: SqlSession,
  words: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const pairs = [...new Set(words)].flatMap((word) =>
    stemmersFor(word).map((stemmer) => ({ word, ...stemmer })),
  );
  const stems = new Map<string, string[]>();
  if (pairs.length === 0) return stems;
  const rows = await sql.query(getStems, [
    pairs.map(({ word }) => word),
    pairs.map(({ code }) => code),
    pairs.map(({ dictionary }) => dictionary),
  ]);
  for (const { word, stem } of rows) stems.set(word, [...(stems.get(word) ?? []), stem]);
  return stems;
}

function stemmersFor(word: string): Stemmer[] {
  return [...STEMMERS.values()].filter(({ code }) => (SCRIPTS_OF_OTHERS[code] ?? LATIN).test(word));
}

/** A word that a language leaves out, such as `the`, has no stem there: it is found as it is. */
export const getStems = readStatement<
  [words: readonly string[], codes: readonly string[], dictionaries: readonly string[]],
  { word: string; stem: string }
>(
  'search_get_stems',
  `SELECT asked.word, asked.code || ':' || stem.lexeme AS stem
   FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (word, code, dictionary)
   CROSS JOIN LATERAL unnest(ts_lexize(asked.dictionary::regdictionary, asked.word)) AS stem (lexeme)`,
);
