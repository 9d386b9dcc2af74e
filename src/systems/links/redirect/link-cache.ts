/**
 * The links that are opened, in memory: loaded when one is asked for, many in one statement, and forgotten when an event
 * says that it has changed. A load that is under way then answers those who asked before, and is not kept.
 */
import { ID_MAX, type Id } from '../../../core/ids.ts';
import type { LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { createCoalescer } from '../../../resilience/coalesce.ts';
import { SecondChanceMap } from '../../../resilience/second-chance-map.ts';
import type { Codes } from '../codes/codes.ts';
import { createPossibleCodes } from '../codes/possible-codes.ts';
import { CachedLink } from './cached-link.ts';
import { getOpenedLinks, pageCodesOfOwner } from './redirect-queries.ts';

const LOAD_BATCH_MAX = 500;
const CONCURRENT_LOADS_MAX = 2;
const WAITING_MAX = 10_000;
const FORGOTTEN_PAGE = 1_000;
/** The rest is for links that are asked for. */
const FILLED_SHARE = 31 / 32;

export interface LinkCache {
  /** What is there. */
  peek(domainId: Id, code: string): CachedLink | undefined;
  /** `undefined`: there is no such code. */
  load(domainId: Id, code: string): Promise<CachedLink | undefined>;
  /** From now on every change is heard, so that what is loaded can be kept. */
  keep(): void;
  /**
   * Keeps what `read` finds, but for what has changed meanwhile, and never in place of what is kept already. `full`: there is
   * no room for more that nobody has asked for. Fails as `read`.
   */
  fill(read: () => Promise<readonly FoundLink[]>): Promise<'full' | 'room'>;
  /** Of the topic `links`. */
  hear(events: readonly (LoggedEvent | NewEvent)[]): void;
  size(): number;
  bytes(): number;
}

export interface LinkCacheDeps {
  readonly sql: SqlSession;
  readonly codes: Codes;
  readonly bytesMax: number;
}

interface Place {
  readonly domainId: Id;
  readonly code: string;
}

export interface FoundLink extends Place {
  readonly link: CachedLink;
}

export function createLinkCache({ sql, codes, bytesMax }: LinkCacheDeps): LinkCache {
  const kept = new SecondChanceMap<string, CachedLink>(bytesMax);
  const flights = new Map<string, Promise<CachedLink | undefined>>();
  const possibleCodes = createPossibleCodes({ sql, codes });
  /** Of each reading of `fill` that is under way. */
  const changesWhileRead = new Set<Set<string>>();
  let keeps = false;

  const loads = createCoalescer<Place, CachedLink | undefined>({
    ...{ batchMax: LOAD_BATCH_MAX, concurrentBatchesMax: CONCURRENT_LOADS_MAX, queueMax: WAITING_MAX },
    async run(places) {
      const possible = await possibleCodes.among(places.map(({ code }) => code));
      const wanted = places.filter(({ code }) => possible.has(code));
      const found = new Map<Place, CachedLink>();
      if (wanted.length > 0) {
        const rows = await sql.query(getOpenedLinks, [
          wanted.map(({ domainId }) => domainId),
          wanted.map(({ code }) => code),
        ]);
        for (const row of rows) {
          const place = wanted[row.position - 1];
          if (place !== undefined) found.set(place, new CachedLink(row));
        }
      }
      return places.map((place) => ({ ok: true, value: found.get(place) }));
    },
  });

  function fly(key: string, place: Place): Promise<CachedLink | undefined> {
    const flight = loads.submit(place);
    flights.set(key, flight);
    const land = (link: CachedLink | undefined): void => {
      // It was forgotten meanwhile.
      if (flights.get(key) !== flight) return;
      flights.delete(key);
      if (link !== undefined && keeps) kept.set(key, link);
    };
    // Who waits for the flight hears of its failure.
    flight.then(land, () => land(undefined));
    return flight;
  }

  function forget({ domainId, code }: Place): void {
    const key = keyOf(domainId, code);
    flights.delete(key);
    kept.delete(key);
    for (const changes of changesWhileRead) changes.add(key);
  }

  /** What was loaded before the event is forgotten by now or will be; what is loaded after it is right. */
  async function forgetOwner(ownerId: Id): Promise<void> {
    let before: Id = ID_MAX;
    for (;;) {
      const rows = await sql.query(pageCodesOfOwner, [ownerId, before, FORGOTTEN_PAGE]);
      for (const row of rows) forget({ domainId: row.domain_id, code: row.code });
      const last = rows.at(-1);
      if (last === undefined || rows.length < FORGOTTEN_PAGE) return;
      before = last.link_id;
    }
  }

  /** Whoever cannot be asked whose links these are forgets them all: that only makes the next ones slower. */
  function forgetAll(): void {
    flights.clear();
    kept.clear();
    // What is being read for them has no say any more.
    changesWhileRead.clear();
  }

  async function fill(read: () => Promise<readonly FoundLink[]>): Promise<'full' | 'room'> {
    const changes = new Set<string>();
    changesWhileRead.add(changes);
    const found = await read().catch((error: unknown) => {
      changesWhileRead.delete(changes);
      throw error;
    });
    // All were forgotten meanwhile, because nobody knows which have changed.
    if (!changesWhileRead.delete(changes)) return 'room';
    for (const { domainId, code, link } of found) {
      const key = keyOf(domainId, code);
      const isRight = !changes.has(key) && !flights.has(key);
      if (isRight && kept.peek(key) === undefined) kept.set(key, link);
    }
    return kept.bytes < bytesMax * FILLED_SHARE ? 'room' : 'full';
  }

  return {
    peek: (domainId, code) => kept.get(keyOf(domainId, code)),
    load(domainId, code) {
      const key = keyOf(domainId, code);
      return flights.get(key) ?? fly(key, { domainId, code });
    },
    keep() {
      keeps = true;
    },
    fill,
    hear(events) {
      for (const { kind, key, payload } of events) {
        // What was not there is not kept, so nothing is wrong about it.
        if (kind === 'created') continue;
        if (kind === 'owner_hidden' || kind === 'owner_shown') forgetOwner(key).catch(forgetAll);
        else forget(placeOf(payload));
      }
    },
    size: () => kept.size,
    bytes: () => kept.bytes,
  };
}

/** Codes have no @ in them. */
function keyOf(domainId: Id, code: string): string {
  return domainId === 0 ? code : `${code}@${domainId}`;
}

/** Of `updated` and `deleted`. */
function placeOf(payload: object): Place {
  // As link-events.ts has written it in every release so far.
  const { domain_id: domainId, code } = payload as { readonly domain_id: string; readonly code: string };
  return { domainId: Number(domainId), code };
}
