/** One record a link: the list, its page and its dialogs read the same signal. */
import { type Signal, signal } from '@preact/signals';
import { get, patch, post, remove } from '../api/http.ts';
import type { DailyClicks, Link, LinkState, NewLink, SelectionResults } from '../api/types.ts';

/** What PATCH takes: the fields of a new link but its code and host. */
export type LinkChanges = Partial<Omit<NewLink, 'alias' | 'host'>>;

const links = new Map<string, Signal<Link>>();
const weeks = new Map<string, Signal<readonly number[] | undefined>>();
/** Those that were deleted while the app was open. */
export const deletedLinks = signal<ReadonlySet<string>>(new Set());

export function takeLink(link: Link): Signal<Link> {
  const known = links.get(link.link_id);
  if (known === undefined) {
    const shown = signal(link);
    links.set(link.link_id, shown);
    return shown;
  }
  known.value = link;
  return known;
}

export function findLink(linkId: string): Signal<Link> | undefined {
  return links.get(linkId);
}

/** Those that were shown since the app was opened. */
export function knownLinks(): readonly Link[] {
  return [...links.values()].map((link) => link.peek());
}

export async function loadLink(linkId: string, abort?: AbortSignal): Promise<Signal<Link>> {
  return takeLink(await get<Link>(`/links/${linkId}`, abort && { signal: abort }));
}

export async function makeLink(link: NewLink, idempotencyKey: string): Promise<Signal<Link>> {
  return takeLink(await post<Link>('/links', link, { idempotencyKey }));
}

export async function changeLink(linkId: string, changes: LinkChanges): Promise<Signal<Link>> {
  return takeLink(await patch<Link>(`/links/${linkId}`, changes));
}

export async function deleteLink(linkId: string): Promise<void> {
  await remove(`/links/${linkId}`);
  deletedLinks.value = new Set([...deletedLinks.value, linkId]);
}

export type LinkOutcome = SelectionResults['items'][number];

/** What can be changed of many at once. */
export interface SelectionChanges {
  readonly add_tags?: readonly string[];
  readonly enabled?: boolean;
}

/** So many may be named in one call. */
const NAMED_MAX = 1_000;

export async function deleteLinks(linkIds: readonly string[]): Promise<void> {
  for (const part of partsOf(linkIds)) {
    await post('/links/bulk/delete', { link_ids: part });
    // Those that were not found are gone as well.
    deletedLinks.value = new Set([...deletedLinks.value, ...part]);
  }
}

export async function changeLinks(
  linkIds: readonly string[],
  changes: SelectionChanges,
): Promise<readonly LinkOutcome[]> {
  const outcomes: LinkOutcome[] = [];
  for (const part of partsOf(linkIds)) {
    const { items } = await post<SelectionResults>('/links/bulk/update', { link_ids: part, changes });
    outcomes.push(...items);
    for (const { link_id: linkId, outcome } of items) {
      const link = links.get(linkId);
      if (outcome === 'updated' && link !== undefined) link.value = changed(link.value, changes);
    }
  }
  return outcomes;
}

function partsOf(linkIds: readonly string[]): string[][] {
  const count = Math.ceil(linkIds.length / NAMED_MAX);
  return Array.from({ length: count }, (_, part) => linkIds.slice(part * NAMED_MAX, (part + 1) * NAMED_MAX));
}

/** As the server tells of it when it is asked again. */
function changed(link: Link, { add_tags: added = [], enabled = link.enabled }: SelectionChanges): Link {
  const tags = [...link.tags, ...added.map((tag) => tag.trim().normalize('NFC').toLowerCase())];
  return { ...link, enabled, tags: [...new Set(tags)], state: stateWhen(link, enabled) };
}

function stateWhen(link: Link, enabled: boolean): LinkState {
  if (link.state === 'blocked') return 'blocked';
  if (!enabled) return 'disabled';
  if (link.state !== 'disabled') return link.state;
  const now = new Date().toISOString();
  if (link.starts_at !== null && link.starts_at > now) return 'scheduled';
  if (link.expires_at !== null && link.expires_at <= now) return 'expired';
  return link.max_visits !== null && link.visits >= link.max_visits ? 'used_up' : 'active';
}

/** Clicks of people on each of seven days; `undefined` until they are known. */
export function weekOf(linkId: string): Signal<readonly number[] | undefined> {
  const known = weeks.get(linkId) ?? signal(undefined);
  weeks.set(linkId, known);
  return known;
}

/** For a page of a list, in one call; without them a list is as good. */
export async function loadWeeks(linkIds: readonly string[]): Promise<void> {
  if (linkIds.length === 0) return;
  const answer = await get<DailyClicks>('/links/daily_clicks', { query: { link_ids: linkIds.join() } }).catch(
    () => undefined,
  );
  for (const { link_id: linkId, humans } of answer?.items ?? []) weekOf(linkId).value = humans;
}
