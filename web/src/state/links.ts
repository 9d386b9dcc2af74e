/** One record a link: the list, its page and its dialogs read the same signal. */
import { type Signal, signal } from '@preact/signals';
import { get, patch, post, remove } from '../api/http.ts';
import type { DailyClicks, Link, NewLink } from '../api/types.ts';

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
