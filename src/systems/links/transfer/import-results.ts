/** What becomes of the rows of an import, decided from what is known of them. */
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { checkImportedCode } from '../codes/alias.ts';
import type { LinkDraft } from '../link.ts';
import { TAGS_MAX, TITLE_LENGTH_MAX } from '../link-draft.ts';
import type { SourceLink } from './formats/source-link.ts';
import { type ImportPlace, placeKey } from './import-place.ts';
import type { TakenCodeRow } from './link-imports-queries.ts';

/**
 * `kept`: with its code. `renamed`: with a new one, because its own could not be had. `created`: with a new one, because it
 * had none. `skipped`: not taken over. In a dry run: what would be.
 */
export const IMPORT_OUTCOMES = ['kept', 'renamed', 'created', 'skipped'] as const;
export type ImportOutcome = (typeof IMPORT_OUTCOMES)[number];

export interface ImportResult {
  readonly row: number;
  readonly outcome: ImportOutcome;
  readonly sourceCode: string | undefined;
  /** Of the link that there is now; `undefined` where there is none, or none yet. */
  readonly code: string | undefined;
  readonly linkId: Id | undefined;
  /** Why it was renamed or skipped. */
  readonly reason: string | undefined;
  /** What could not be taken over as it was. */
  readonly notes: readonly string[];
}

/** A row that says something, with the draft of its link. */
export interface Candidate {
  readonly row: number;
  readonly source: SourceLink;
  readonly place: ImportPlace;
  readonly draft: LinkDraft;
  readonly notes: readonly string[];
}

export function isCandidate(each: Candidate | ImportResult): each is Candidate {
  return 'draft' in each;
}

export const TAKEN = 'Its code is taken here.';

/** As long as such codes are anywhere, and not too long for the index that finds them again. */
export const SOURCE_CODE_LENGTH_MAX = 255;

/** Fails with `invalid` for a code that could not be remembered: under it a further import finds the link. */
export function checkSourceCode(code: string | undefined): void {
  if (code === undefined) return;
  if (code.length > SOURCE_CODE_LENGTH_MAX)
    throw new AppError('invalid', `Its code has more than ${SOURCE_CODE_LENGTH_MAX} characters.`);
  if (/[\p{Cc}\p{Cs}]/u.test(code))
    throw new AppError('invalid', 'Its code has characters that are no text.');
}

/** The draft, cut to what a link may have here, for the host of the server. */
export function draftOf(source: SourceLink): { draft: LinkDraft; notes: string[] } {
  const { title = '', tags = [], notes = [] } = source;
  const { url, enabled, startsAt, expiresAt, maxVisits, fallbackUrl } = source;
  const { passQuery, redirectType, utm, rules, card } = source;
  // As it will be stored, and without halves of characters.
  const line = title.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').trim();
  const shownTitle = [...line].slice(0, TITLE_LENGTH_MAX).join('');
  const dropped = [
    ...(shownTitle === line ? [] : [`Its title was cut to ${TITLE_LENGTH_MAX} characters.`]),
    ...(tags.length <= TAGS_MAX ? [] : [`Of its tags, only ${TAGS_MAX} were kept.`]),
  ];
  const texts = { title: shownTitle, tags: tags.slice(0, TAGS_MAX) };
  const period = { startsAt, expiresAt, maxVisits, fallbackUrl };
  const draft = { url, ...texts, enabled, ...period, passQuery, redirectType, utm, rules, card };
  return { draft, notes: [...notes, ...dropped] };
}

/** What the row asks for is there. */
export function hereAlready(
  { row, source, place }: Candidate,
  ownerId: Id,
  taken: ReadonlyMap<string, TakenCodeRow>,
  imported: ReadonlyMap<string, string>,
  seen: Set<string>,
): ImportResult | undefined {
  const { code, url } = source;
  const { domainId, sourceCode } = place;
  if (code === undefined || sourceCode === undefined) return undefined;
  if (seen.has(sourceCode)) return skipped(row, sourceCode, 'The table has this code before.');
  seen.add(sourceCode);
  const importedCode = imported.get(sourceCode);
  if (importedCode !== undefined) return skipped(row, sourceCode, 'It was imported before.', importedCode);
  const link = taken.get(placeKey(domainId, code));
  const same = link !== undefined && link.owner_id === ownerId && isSameTarget(link.url, url);
  return same ? skipped(row, sourceCode, 'You have this link already.', code, link.link_id) : undefined;
}

function isSameTarget(stored: string, given: string): boolean {
  return URL.canParse(given) && new URL(given).href === stored;
}

/** Why it cannot have its code; `undefined`: it can, and nobody else among `promised` from then on. */
export function refusalOf(
  { source: { code }, place: { domainId } }: Candidate,
  taken: ReadonlyMap<string, TakenCodeRow>,
  promised: Set<string>,
): string | undefined {
  if (code === undefined) return undefined;
  const key = placeKey(domainId, code);
  if (taken.has(key) || promised.has(key)) return TAKEN;
  try {
    checkImportedCode(code);
  } catch (error) {
    if (error instanceof AppError) return `Its code cannot be used here. ${error.message}`;
    throw error;
  }
  promised.add(key);
  return undefined;
}

/** What would become of it; which code it would get is not known before. */
export function foreseen(candidate: Candidate, refusal: string | undefined): ImportResult {
  const { code } = candidate.source;
  if (code === undefined) return resultOf(candidate, 'created', { code: undefined }, undefined);
  if (refusal !== undefined) return resultOf(candidate, 'renamed', { code: undefined }, refusal);
  return resultOf(candidate, 'kept', { code }, undefined);
}

export function resultOf(
  { row, place, notes }: Candidate,
  outcome: ImportOutcome,
  link: { readonly code: string | undefined; readonly linkId?: Id },
  reason: string | undefined,
): ImportResult {
  return { row, outcome, sourceCode: place.sourceCode, code: link.code, linkId: link.linkId, reason, notes };
}

export function skipped(
  row: number,
  sourceCode: string | undefined,
  reason: string,
  code?: string,
  linkId?: Id,
): ImportResult {
  return { row, outcome: 'skipped', sourceCode, code, linkId, reason, notes: [] };
}
