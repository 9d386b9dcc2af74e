/** The events of the topic `link_targets`, with the owner as key. What happens to one link is in order: its check is locked. */
import type { NewEvent } from '../../../ports/event-log/event-log.ts';
import type { DueCheckRow } from './target-checks-queries.ts';
import type { Finding } from './target-fetch.ts';

export const LINK_TARGETS_TOPIC = 'link_targets';

/** `dead`: it has been missing for hours. `back`: it was dead, and is there again. */
export function targetEvent(
  kind: 'dead' | 'back',
  link: DueCheckRow,
  { status, problem }: Finding,
  at: Date,
  failingSince: Date | null,
): NewEvent {
  const payload = {
    link_id: String(link.link_id),
    owner_id: String(link.owner_id),
    host: link.link_host,
    code: link.code,
    url: link.url,
    title: link.title,
    ...{ status, problem },
    checked_at: at.toISOString(),
    failing_since: failingSince?.toISOString() ?? null,
  };
  return { topic: LINK_TARGETS_TOPIC, kind, key: link.owner_id, ownerId: link.owner_id, payload };
}
