/**
 * The events of the topic `links`, with the owner as key: what happens to one link is in order, because a change holds
 * its lock until the commit. Passwords and their hashes are in none.
 */
import { type Id, idTimestamp } from '../../core/ids.ts';
import type { NewEvent } from '../../ports/event-log/event-log.ts';
import type { CodeOrigin, Link } from './link.ts';
import { storedRule } from './rules/stored-rules.ts';
import { storedCard } from './stored-cards.ts';

export const LINKS_TOPIC = 'links';

/** What changes by itself, or is others' to say. */
type NotAnnounced = 'blockedReason' | 'warning' | 'visits' | 'visitCount' | 'targetCheck';

/** A link as the events tell of it. */
export interface AnnouncedLink extends Omit<Link, NotAnnounced> {
  readonly domainId: Id;
  readonly codeOrigin: CodeOrigin;
}

export function linkCreated(link: AnnouncedLink): NewEvent {
  return event('created', link.ownerId, wholeOf(link));
}

export function linkUpdated(link: AnnouncedLink): NewEvent {
  return event('updated', link.ownerId, wholeOf(link));
}

export function linkDeleted(link: {
  readonly linkId: Id;
  readonly ownerId: Id;
  readonly domainId: Id;
  readonly code: string;
}): NewEvent {
  return event('deleted', link.ownerId, {
    link_id: String(link.linkId),
    owner_id: String(link.ownerId),
    domain_id: String(link.domainId),
    code: link.code,
  });
}

/** All links of the owner lead nowhere from now on, or lead somewhere again. */
export function ownerHidden(kind: 'owner_hidden' | 'owner_shown', ownerId: Id): NewEvent {
  return event(kind, ownerId, { owner_id: String(ownerId) });
}

function event(kind: string, ownerId: Id, payload: NewEvent['payload']): NewEvent {
  return { topic: LINKS_TOPIC, key: ownerId, kind, payload, ownerId };
}

function wholeOf(link: AnnouncedLink) {
  return {
    link_id: String(link.linkId),
    owner_id: String(link.ownerId),
    domain_id: String(link.domainId),
    host: link.host ?? null,
    code: link.code,
    code_origin: link.codeOrigin,
    url: link.url,
    title: link.title,
    tags: link.tags,
    redirect_type: link.redirectType,
    pass_query: link.passQuery,
    utm: link.utm,
    card: link.card === null ? null : storedCard(link.card),
    rules: link.rules.map(storedRule),
    enabled: link.enabled,
    starts_at: link.startsAt?.toISOString() ?? null,
    expires_at: link.expiresAt?.toISOString() ?? null,
    fallback_url: link.fallbackUrl,
    max_visits: link.maxVisits,
    has_password: link.hasPassword,
    created_at: idTimestamp(link.linkId),
    updated_at: link.updatedAt?.toISOString() ?? null,
  };
}
