/**
 * A simulated service of rides and its clients in virtual time, for testing the checker of histories: one seed gives one run, with
 * answers that get lost, retries, late drivers, cancellations and dispatchers that take over. Without a fault its history
 * keeps every promise; each fault plants one defect that a real service could have.
 */
import { seededFraction } from '../../src/core/clock.ts';
import type { HistoryEvent } from '../../src/history/history-event.ts';

export const RIDE_FAULTS = [
  'book-busy-drivers',
  'ignore-the-version',
  'acknowledge-the-second',
  'accept-expired',
  'accept-withdrawn',
  'accept-late-unseen',
  'old-dispatcher-writes',
  'forget-a-request',
  'end-without-reason',
  'lose-requests',
  'lose-acceptances',
  'lose-completions',
  'show-another-end',
] as const;
export type RideFault = (typeof RIDE_FAULTS)[number] | 'none';

interface Ride {
  readonly rideId: string;
  readonly riderId: string;
  status: string;
  reason: string | null;
  driverId: string | null;
  version: number;
}

interface Offer {
  readonly offerId: string;
  readonly driverId: string;
  readonly ride: Ride;
  readonly version: number;
  readonly expiresMs: number;
  state: string;
}

type Chance = (probability: number) => boolean;
const CITY = 'new_york';
const OFFER_MS = 15_000;
const GIVE_UP_MS = 120_000;
const DRIVERS = 8;

export function simulateRides({
  seed,
  fault,
  rides = 40,
}: {
  readonly seed: number;
  readonly fault: RideFault;
  readonly rides?: number;
}): HistoryEvent[] {
  const fraction = seededFraction(seed);
  const chance: Chance = (probability) => fraction() < probability;
  const between = (least: number, most: number) => least + fraction() * (most - least);
  const time = createTime();
  const history = createHistory(time.nowMs);
  const service = createService({ fault, chance, nowMs: time.nowMs, told: offered });

  /** Sends until there is an answer: requests and answers get lost, and a retry has the same key. */
  function call(
    f: string,
    key: string,
    value: () => object,
    idem: string,
    effect: () => object | undefined,
    done: (answer: object | undefined) => void,
  ): void {
    const end = history.invoke(f, key, value(), idem);
    const retry = () => time.in(between(100, 600), () => call(f, key, value, idem, effect, done));
    const isLost = chance(0.08);
    time.in(between(1, 60), () => {
      const answer = isLost ? undefined : effect();
      time.in(between(1, 60), () => {
        if (isLost || chance(0.08)) {
          end('info', null);
          return retry();
        }
        end(answer === undefined ? 'fail' : 'ok', answer ?? { status: 409 });
        done(answer);
      });
    });
  }

  function ask(number: number): void {
    const riderId = `rider-${number}`;
    const idem = `request-${number}`;
    const effect = () => service.request(riderId, idem);
    call(
      'request-ride',
      riderId,
      () => ({}),
      idem,
      effect,
      (answer) => {
        // What `request` answers.
        const { ride_id: rideId } = answer as { ride_id: string };
        if (chance(0.2))
          time.in(between(500, 60_000), () => act('cancel-ride', rideId, riderId, () => undefined));
        time.in(GIVE_UP_MS, () => service.giveUp(rideId));
      },
    );
  }

  function act(f: string, rideId: string, by: string, then: () => void): void {
    call(
      f,
      rideId,
      () => ({ by }),
      `${f} ${rideId}`,
      () => service.act(f, rideId),
      (answer) => {
        if (answer !== undefined) then();
      },
    );
  }

  function offered({ offerId, driverId, ride, expiresMs }: Offer): void {
    const wish = fraction();
    if (wish > 0.9) return;
    time.in(between(100, OFFER_MS * 1.2), () => {
      const declines = wish > 0.7;
      const value = () => ({
        ...{ driver_id: driverId, ride_id: ride.rideId },
        ...{ at_ms: time.nowMs(), expires_ms: expiresMs },
      });
      const f = declines ? 'decline-offer' : 'accept-offer';
      const effect = () => (declines ? service.decline(offerId) : service.accept(offerId));
      call(f, offerId, value, `answer ${offerId}`, effect, (answer) => {
        if (answer === undefined || declines) return;
        const drive = () => act('complete-ride', ride.rideId, driverId, () => undefined);
        const begin = () => time.in(between(2_000, 20_000), drive);
        time.in(between(2_000, 20_000), () => act('start-ride', ride.rideId, driverId, begin));
      });
    });
  }

  for (let number = 0; number < rides; number += 1) time.in(between(0, 120_000), () => ask(number));
  for (let atMs = 0; atMs < 300_000; atMs += 2_000) time.in(atMs, service.dispatch);
  for (let atMs = 500; atMs < 300_000; atMs += 1_000) time.in(atMs, service.expire);
  for (let takeovers = 0; takeovers < 6; takeovers += 1) time.in(between(0, 150_000), service.takeOver);
  time.run();
  for (const { f, value } of service.log(fraction)) history.mark(f, value);
  history.mark('log-read', { complete: true });
  for (const [rideId, read] of service.finalReads()) {
    history.invoke('read-ride', rideId, { final: true }, null)('ok', read);
  }
  return history.events;
}

interface ServiceOptions {
  readonly fault: RideFault;
  readonly chance: Chance;
  readonly nowMs: () => number;
  readonly told: (offer: Offer) => void;
}

function createService({ fault, chance, nowMs, told }: ServiceOptions) {
  const rides = new Map<string, Ride>();
  const offers = new Map<string, Offer>();
  const keys = new Map<string, string>();
  const marks = new Map<string, { readonly f: string; readonly value: object }[]>();
  const forgotten = new Set<Ride>();
  const drivers = Array.from({ length: DRIVERS }, (_, number) => `driver-${number}`);
  let token = 1;

  function write(key: string, f: string, value: object): void {
    const own = marks.get(key) ?? [];
    own.push({ f, value: { ...value, at_ms: nowMs() } });
    marks.set(key, own);
  }

  function logRide({ rideId, status, reason, driverId }: Ride, kind = status): void {
    const ride = { ride_id: rideId, city: CITY, kind, status, reason, driver_id: driverId };
    write(rideId, 'log-ride', ride);
  }

  function logOffer(offer: Offer, dispatchToken: number | null = null): void {
    const { offerId, driverId, ride, expiresMs, state } = offer;
    write(driverId, 'log-offer', {
      ...{ offer_id: offerId, driver_id: driverId, ride_id: ride.rideId },
      ...{ kind: state === 'open' ? 'made' : state, expires_ms: expiresMs, dispatch_token: dispatchToken },
    });
  }

  function isBusy(driverId: string): boolean {
    const goesOn = ['accepted', 'started'];
    return [...rides.values()].some((ride) => ride.driverId === driverId && goesOn.includes(ride.status));
  }

  function hasOffer(driverId: string): boolean {
    return [...offers.values()].some((offer) => offer.driverId === driverId && offer.state === 'open');
  }

  function end(offer: Offer, state: string): void {
    offer.state = state;
    logOffer(offer);
  }

  function withdrawAll(ride: Ride): void {
    for (const offer of offers.values()) {
      if (offer.ride === ride && offer.state === 'open') end(offer, 'withdrawn');
    }
  }

  function change(ride: Ride, status: string, reason: string | null = null): void {
    Object.assign(ride, { status, reason, version: ride.version + 1 });
    if (fault === 'end-without-reason' && status === 'cancelled') ride.reason = null;
    if (fault === 'lose-completions' && status === 'completed' && chance(0.2)) ride.status = 'started';
    else logRide(ride);
  }

  /** Whether the service would still take it, with the defect that is planted. */
  function isTakeable({ state, expiresMs, driverId, ride, version }: Offer): boolean {
    if (fault === 'accept-withdrawn' && state === 'withdrawn')
      return ride.status === 'accepted' && chance(0.5);
    if (fault === 'accept-expired' && state === 'expired' && ride.status === 'requested') return true;
    if (fault === 'accept-late-unseen' && nowMs() > expiresMs + 2_000 && ride.status === 'requested')
      return true;
    if (fault === 'ignore-the-version' && state === 'withdrawn' && ride.status === 'accepted') return true;
    if (state !== 'open' || nowMs() >= expiresMs || ride.status !== 'requested') return false;
    return ride.version === version && (fault === 'book-busy-drivers' || !isBusy(driverId));
  }

  return {
    request(riderId: string, idem: string): object {
      const known = keys.get(idem);
      if (known !== undefined) return { ride_id: known };
      const ride: Ride = {
        ...{ rideId: `ride-${keys.size}`, riderId, status: 'requested' },
        ...{ reason: null, driverId: null, version: 1 },
      };
      keys.set(idem, ride.rideId);
      if (fault === 'lose-requests' && chance(0.1)) return { ride_id: ride.rideId };
      rides.set(ride.rideId, ride);
      logRide(ride);
      if (fault === 'forget-a-request' && chance(0.2)) forgotten.add(ride);
      return { ride_id: ride.rideId };
    },

    dispatch(): void {
      const isOld = fault === 'old-dispatcher-writes' && token > 1 && chance(0.2);
      for (const ride of rides.values()) {
        const own = [...offers.values()].filter((offer) => offer.ride === ride);
        if (ride.status !== 'requested' || own.some(({ state }) => state === 'open')) continue;
        if (forgotten.has(ride)) continue;
        const free = drivers.filter((driverId) => {
          const asked = own.some((offer) => offer.driverId === driverId);
          return !asked && !hasOffer(driverId) && (fault === 'book-busy-drivers' || !isBusy(driverId));
        });
        for (const driverId of free.slice(0, 2)) {
          const offer: Offer = {
            ...{ offerId: `offer-${offers.size}`, driverId, ride, version: ride.version },
            ...{ expiresMs: nowMs() + OFFER_MS, state: 'open' },
          };
          offers.set(offer.offerId, offer);
          logOffer(offer, isOld ? token - 1 : token);
          told(offer);
        }
      }
    },

    takeOver(): void {
      token += 1;
    },

    expire(): void {
      for (const offer of offers.values()) {
        if (offer.state === 'open' && nowMs() >= offer.expiresMs) end(offer, 'expired');
      }
    },

    accept(offerId: string): object | undefined {
      const offer = offers.get(offerId);
      if (offer === undefined) return undefined;
      if (offer.state === 'accepted') return {};
      if (!isTakeable(offer)) {
        return fault === 'acknowledge-the-second' && offer.ride.status === 'accepted' ? {} : undefined;
      }
      if (fault === 'lose-acceptances' && chance(0.2)) return {};
      offer.ride.driverId = offer.driverId;
      change(offer.ride, 'accepted');
      end(offer, 'accepted');
      withdrawAll(offer.ride);
      return {};
    },

    decline(offerId: string): object | undefined {
      const offer = offers.get(offerId);
      if (offer === undefined || offer.state === 'accepted') return undefined;
      if (offer.state === 'open') end(offer, 'declined');
      return {};
    },

    act(f: string, rideId: string): object | undefined {
      const ride = rides.get(rideId);
      if (ride === undefined) return undefined;
      const [from, to] = f === 'start-ride' ? ['accepted', 'started'] : ['started', 'completed'];
      if (f === 'cancel-ride') {
        if (ride.status === 'cancelled') return {};
        if (!['requested', 'accepted'].includes(ride.status)) return undefined;
        change(ride, 'cancelled', 'rider');
        withdrawAll(ride);
        return {};
      }
      if (ride.status === to) return {};
      if (ride.status !== from) return undefined;
      change(ride, to);
      return {};
    },

    giveUp(rideId: string): void {
      const ride = rides.get(rideId);
      if (ride?.status !== 'requested' || forgotten.has(ride)) return;
      change(ride, 'unmatched', 'not_accepted');
      withdrawAll(ride);
    },

    /** Those of a key in order, which is all that a log promises. */
    *log(fraction: () => number) {
      const left = [...marks.values()].map((own) => [...own]);
      while (left.length > 0) {
        const at = Math.floor(fraction() * left.length);
        const mark = left[at]?.shift();
        if (mark === undefined) left.splice(at, 1);
        else yield mark;
      }
    },

    finalReads: () =>
      [...rides.values()].map(({ rideId, status, reason, driverId }) => {
        const shown = fault === 'show-another-end' && chance(0.2) ? 'accepted' : status;
        return [rideId, { status: shown, reason, driver_id: driverId }] as const;
      }),
  };
}

/** Virtual: what is to be done next is done at once. */
function createTime() {
  const queue: { readonly atMs: number; readonly action: () => void }[] = [];
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    /** What is due last stands first. */
    in(delayMs: number, action: () => void): void {
      const atMs = nowMs + delayMs;
      let [from, to] = [0, queue.length];
      while (from < to) {
        const middle = (from + to) >> 1;
        if ((queue[middle]?.atMs ?? 0) > atMs) from = middle + 1;
        else to = middle;
      }
      queue.splice(from, 0, { atMs, action });
    },
    run(): void {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        nowMs = next.atMs;
        next.action();
      }
    },
  };
}

function createHistory(nowMs: () => number) {
  const events: HistoryEvent[] = [];
  const empty = { node: null, stage: null, epoch: null, session: null };
  let nextProcess = 0;

  function add(event: Omit<HistoryEvent, 'i' | 't_ns' | keyof typeof empty>): void {
    events.push({ i: events.length, t_ns: Math.round(nowMs() * 1e6), ...empty, ...event });
  }

  return {
    events,
    mark: (f: string, value: object) =>
      add({ process: 'nemesis', type: 'info', f, key: null, value, idem: null }),
    invoke(f: string, key: string, value: object, idem: string | null) {
      const process = nextProcess;
      nextProcess += 1;
      add({ process, type: 'invoke', f, key, value, idem });
      return (type: 'ok' | 'fail' | 'info', answer: unknown): void =>
        add({ process, type, f, key, value: answer, idem });
    },
  };
}
