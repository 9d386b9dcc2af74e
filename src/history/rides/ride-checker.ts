/**
 * Holds a history of rides against what is promised of them: no driver and no ride is booked twice, nobody accepts what is no
 * offer any more, no dispatcher writes that was replaced (P6), what was acknowledged is there (P1), and every request
 * ends, with a reason (P17). It goes by the answers of the API and by the event log, and shares no code with what decides.
 */
import { type CheckReport, createAnomalyCollector } from '../check-report.ts';
import type { HistoryEvent } from '../history-event.ts';
import { checkBookings } from './ride-bookings.ts';
import { checkAcknowledged, checkEnds } from './ride-ends.ts';
import { isAcknowledged, parseRideHistory, type RideHistory } from './ride-history.ts';
import { checkOffers } from './ride-offers.ts';

export interface RideCheckOptions {
  /** Whether all has become quiet, so that every request must have ended. */
  readonly settled: boolean;
}

/** Fails with `invalid` if the events cannot be a history, see `parseRideHistory`. */
export function checkRides(events: readonly HistoryEvent[], { settled }: RideCheckOptions): CheckReport {
  const history = parseRideHistory(events);
  const anomalies = createAnomalyCollector();
  checkBookings(history, anomalies);
  checkOffers(history, anomalies);
  if (history.logIsComplete) checkAcknowledged(history, anomalies);
  if (settled) checkEnds(history, anomalies);
  const reasons = reasonsForDoubt(history);
  const verdict = anomalies.kept.length > 0 ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid';
  return {
    ...{ verdict, reasons, counts: countsOf(history), staleness: undefined },
    ...{ anomalyCounts: anomalies.counts, anomalies: anomalies.kept },
  };
}

function reasonsForDoubt({ rides, offers, logIsComplete }: RideHistory): string[] {
  const accepted = [...offers.values()].flat().some(({ kind }) => kind === 'accepted');
  return [
    ...(logIsComplete ? [] : ['The log was not read from its beginning to its end.']),
    ...(rides.size > 0 ? [] : ['There are no rides.']),
    ...(rides.size === 0 || accepted ? [] : ['No offer was ever accepted.']),
  ];
}

function countsOf({
  requests,
  accepts,
  finalReads,
  rides,
  offers,
  acts,
}: RideHistory): CheckReport['counts'] {
  const facts = [...rides.values()].flat();
  const answered = (act: string) => acts.filter((one) => one.act === act && isAcknowledged(one)).length;
  return {
    rides: rides.size,
    offers: offers.size,
    events: facts.length + [...offers.values()].flat().length,
    'requests acknowledged': requests.filter(isAcknowledged).length,
    'acceptances acknowledged': accepts.filter(isAcknowledged).length,
    'rides completed by their drivers': answered('complete-ride'),
    'final reads': finalReads.length,
  };
}
