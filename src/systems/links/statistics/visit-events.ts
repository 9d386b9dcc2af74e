/**
 * The events of the topic `link_visits`, with the owner as key: how often links were clicked since it was last said, for
 * whoever tells their owners at once. One event for all links of an owner in a batch, which on a system that keeps up is
 * one a second.
 */
import type { Id } from '../../../core/ids.ts';
import type { NewEvent } from '../../../ports/event-log/event-log.ts';
import type { LinkTally } from './click-tally.ts';

export const LINK_VISITS_TOPIC = 'link_visits';
/** Some 200 bytes each, with room to spare below the largest payload. */
export const LINKS_PER_EVENT_MAX = 200;

export interface CountedVisits {
  readonly ownerId: Id;
  readonly code: string;
  readonly tally: LinkTally;
}

export function visitEvents(visits: readonly CountedVisits[]): NewEvent[] {
  const open = new Map<Id, CountedVisits[]>();
  const lists: CountedVisits[][] = [];
  for (const visit of visits) {
    let list = open.get(visit.ownerId);
    if (list === undefined || list.length === LINKS_PER_EVENT_MAX) {
      list = [];
      lists.push(list);
      open.set(visit.ownerId, list);
    }
    list.push(visit);
  }
  return lists.map(counted);
}

function counted(visits: readonly CountedVisits[]): NewEvent {
  const ownerId = visits[0]?.ownerId ?? 0;
  const payload = {
    owner_id: String(ownerId),
    links: visits.map(({ code, tally }) => ({
      link_id: String(tally.linkId),
      code,
      humans: tally.humans,
      bots: tally.bots,
      previews: tally.previews,
      since: new Date(tally.firstMs).toISOString(),
      until: new Date(tally.lastMs).toISOString(),
    })),
  };
  return { topic: LINK_VISITS_TOPIC, kind: 'counted', key: ownerId, ownerId, payload };
}
