/**
 * The events of the topic `link_domains`, with the owner as key. What has come of a host is asked of the database by who
 * hears of it: it may go from one owner to another, and between keys there is no order.
 */
import type { Id } from '../../../core/ids.ts';
import type { NewEvent } from '../../../ports/event-log/event-log.ts';

export const LINK_DOMAINS_TOPIC = 'link_domains';

interface AnnouncedDomain {
  readonly domain_id: Id;
  readonly owner_id: Id;
  readonly host: string;
}

export function domainEvent(kind: 'verified' | 'deleted', domain: AnnouncedDomain): NewEvent {
  const { domain_id: domainId, owner_id: ownerId, host } = domain;
  const payload = { domain_id: String(domainId), owner_id: String(ownerId), host };
  return { topic: LINK_DOMAINS_TOPIC, key: ownerId, kind, payload, ownerId };
}

export function hostOfEvent({ payload }: { readonly payload: object }): string {
  // As it is written above, in every release so far.
  return (payload as { readonly host: string }).host;
}
