/** P6, by the log: an offer ends once, nobody accepts one that has ended, and none is made by a dispatcher that was replaced. */
import type { AnomalyCollector } from '../check-report.ts';
import {
  type AcceptAttempt,
  attemptEvents,
  grouped,
  isAcknowledged,
  type OfferFact,
  type RideHistory,
} from './ride-history.ts';

/** Between the look at the clock and the event about it a transaction may wait for others. */
const ACCEPTING_MS_MAX = 1_000;
/** Between the clocks of a client and of the database. */
const CLOCKS_APART_MS_MAX = 1_000;

export function checkOffers(history: RideHistory, anomalies: AnomalyCollector): void {
  for (const facts of history.offers.values()) checkOffer(facts, anomalies);
  checkTokens(history, anomalies);
  for (const attempts of grouped(history.accepts, ({ offerId }) => offerId).values()) {
    checkInTime(attempts, anomalies);
  }
}

function checkOffer(facts: readonly OfferFact[], anomalies: AnomalyCollector): void {
  let ended: OfferFact | undefined;
  for (const fact of facts) {
    const { kind, offer_id: offerId, driver_id: driverId } = fact;
    if (kind === 'made') continue;
    if (ended !== undefined && kind === 'accepted') {
      const text = `driver ${driverId} has accepted the offer ${offerId}, which was ${ended.kind}`;
      anomalies.add('P6', 'zombie-accept', text, [ended.event, fact.event]);
    } else if (kind === 'accepted' && fact.at_ms > fact.expires_ms + ACCEPTING_MS_MAX) {
      const lateS = ((fact.at_ms - fact.expires_ms) / 1_000).toFixed(1);
      const text = `driver ${driverId} has accepted the offer ${offerId} ${lateS} s after it had expired`;
      anomalies.add('P6', 'zombie-accept', text, [facts[0]?.event, fact.event]);
    }
    ended = fact;
  }
}

/** By what the client has told and was answered: one attempt at least was made while the offer was open. */
function checkInTime(attempts: readonly AcceptAttempt[], anomalies: AnomalyCollector): void {
  const acknowledged = attempts.find(isAcknowledged);
  if (acknowledged === undefined) return;
  const isLate = ({ at_ms: atMs, expires_ms: expiresMs }: AcceptAttempt): boolean =>
    atMs > expiresMs + CLOCKS_APART_MS_MAX;
  if (!attempts.every(isLate)) return;
  const text = `${acknowledged.offerId} was accepted, and nobody had asked for it before it had expired`;
  anomalies.add('P6', 'zombie-accept', text, attempts.flatMap(attemptEvents));
}

/**
 * A city's offers are made while its lease is locked, so by the database's times their tokens only rise. Those of one
 * millisecond are in no order.
 */
function checkTokens({ rides, offers }: RideHistory, anomalies: AnomalyCollector): void {
  const made = [...offers.values()].flat().filter(({ kind }) => kind === 'made');
  const cityOf = ({ ride_id: rideId }: OfferFact): string => rides.get(rideId)?.[0]?.city ?? '';
  for (const [city, own] of grouped(made, cityOf)) {
    const sorted = own.toSorted(
      (one, other) => one.at_ms - other.at_ms || (one.dispatch_token ?? 0) - (other.dispatch_token ?? 0),
    );
    let last: OfferFact | undefined;
    for (const fact of sorted) {
      if (last !== undefined && (fact.dispatch_token ?? 0) < (last.dispatch_token ?? 0)) {
        const text = `${fact.offer_id} was made in ${city} under the lease ${fact.dispatch_token}, after one under ${last.dispatch_token}`;
        anomalies.add('P6', 'stale-token', text, [last.event, fact.event]);
      } else last = fact;
    }
  }
}
