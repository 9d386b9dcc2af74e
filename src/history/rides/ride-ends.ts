/** P1 and P17: what was acknowledged is in the log, and when all is quiet every request has ended, with a reason. */
import type { AnomalyCollector } from '../check-report.ts';
import { isEnd } from './ride-bookings.ts';
import {
  attemptEvents,
  isAcknowledged,
  type RideAct,
  type RideFact,
  type RideHistory,
} from './ride-history.ts';

/** Each has a reason of its own: somebody drove, or the reason says why nobody did. */
const NEEDS_NO_REASON = new Set(['completed']);

export function checkAcknowledged(history: RideHistory, anomalies: AnomalyCollector): void {
  const { requests, accepts, declines, acts, rides, offers } = history;
  const lost = (what: string, events: ReturnType<typeof attemptEvents>): void =>
    anomalies.add('P1', 'lost', `${what} was acknowledged, and the log does not say so`, events);
  for (const request of requests) {
    if (request.rideId !== undefined && !rides.has(request.rideId)) {
      lost(`the request of ${request.rideId}`, attemptEvents(request));
    }
  }
  for (const [answers, kind] of [
    [accepts, 'accepted'],
    [declines, 'declined'],
  ] as const) {
    for (const answer of answers.filter(isAcknowledged)) {
      const facts = offers.get(answer.offerId) ?? [];
      // Who declines too late is told that the offer has expired or was withdrawn, which is as good.
      const isThere = facts.some(
        (fact) => fact.kind === kind || (kind === 'declined' && fact.kind !== 'made'),
      );
      if (!isThere) lost(`the answer to ${answer.offerId} (${kind})`, attemptEvents(answer));
    }
  }
  for (const act of acts.filter(isAcknowledged)) {
    if (!isDone(act, rides.get(act.rideId) ?? [])) {
      lost(`${act.act} of ${act.rideId}`, attemptEvents(act));
    }
  }
  checkFinalReads(history, anomalies);
}

function isDone({ act }: RideAct, facts: readonly RideFact[]): boolean {
  if (act === 'start-ride') return facts.some(({ status }) => status === 'started');
  if (act === 'complete-ride') return facts.some(({ status }) => status === 'completed');
  // A driver who cancels leaves the ride to others.
  const isFreeAgain = facts.slice(1).some(({ status }) => status === 'requested');
  return isFreeAgain || facts.some(({ status, kind }) => status === 'cancelled' || kind === 'removed');
}

/** What a rider reads at the end is what the log has last. */
function checkFinalReads({ finalReads, rides }: RideHistory, anomalies: AnomalyCollector): void {
  for (const read of finalReads) {
    const last = rides.get(read.rideId)?.at(-1);
    if (last === undefined) continue;
    const isSame = last.status === read.status && last.driver_id === read.driver_id;
    if (isSame) continue;
    const text = `${read.rideId} is ${read.status} with driver ${read.driver_id}; by the log ${last.status} with ${last.driver_id}`;
    anomalies.add('P1', 'diverged', text, [last.event, ...attemptEvents(read)]);
  }
}

export function checkEnds({ rides }: RideHistory, anomalies: AnomalyCollector): void {
  for (const [rideId, facts] of rides) {
    const last = facts.at(-1);
    if (last === undefined) continue;
    if (!isEnd(last)) {
      const text = `${rideId} is still ${last.status}`;
      anomalies.add('P17', 'unended', text, [facts[0]?.event, last.event]);
    } else if (last.kind !== 'removed' && last.reason === null && !NEEDS_NO_REASON.has(last.status)) {
      anomalies.add('P17', 'without-reason', `${rideId} is ${last.status}, and nothing says why`, [
        last.event,
      ]);
    }
  }
}
