/** Reckons prices of rides again, from what was kept with them: whether each receipt says what it should. */
import { isDeepStrictEqual } from 'node:util';
import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { fareOf } from '../fares/fare.ts';
import { type FareJson, fareJson } from '../fares/fare-json.ts';
import { basisOf, percentBy } from '../surge/surge-basis.ts';
import { versionOf } from '../surge/surge-board.ts';
import { getSurgeVersions } from '../surge/surge-queries.ts';
import type { SurgeVersion } from '../surge/surge-version.ts';
import { getPricedRide, type PricedRideRow, pagePricedRides } from './price-audit-queries.ts';

/** Rides of one statement, with as many versions of the surge at most, some of them large. */
const PAGE = 200;

export interface PriceCheck {
  readonly rideId: Id;
  /** What the ride says that it costs; `undefined`: it is older than prices. */
  readonly charged: FareJson | undefined;
  /** What it comes to now; `undefined`: it was not kept from what. */
  readonly reckoned: FareJson | undefined;
  /** Whether the version of the surge is still there, and says what was kept of it; `undefined`: it is forgotten, or there was none. */
  readonly versionAgrees: boolean | undefined;
  /** What is wrong, in a few words each; none: the price is right. */
  readonly differences: readonly string[];
}

export interface PriceAudit {
  /** Fails with `not_found`. */
  check(rideId: Id): Promise<PriceCheck>;
  checkAll(): AsyncIterable<PriceCheck>;
}

export function createPriceAudit({ sql }: { readonly sql: SqlSession }): PriceAudit {
  async function checkRows(rows: readonly PricedRideRow[]): Promise<readonly PriceCheck[]> {
    const named = new Set(rows.map(({ surge_version: version }) => version).filter((id) => id !== null));
    const found = await sql.query(getSurgeVersions, [[...named]]);
    const versions = new Map(found.map((row) => [row.surge_version, versionOf(row)]));
    return rows.map((row) =>
      checkPrice(row, row.surge_version === null ? undefined : versions.get(row.surge_version)),
    );
  }

  return {
    async check(rideId) {
      const [check] = await checkRows(await sql.query(getPricedRide, [rideId]));
      if (check === undefined) throw notFound('ride');
      return check;
    },

    async *checkAll() {
      let rows: readonly PricedRideRow[];
      let after: Id = 0;
      do {
        rows = await sql.query(pagePricedRides, [after, PAGE]);
        after = rows.at(-1)?.ride_id ?? after;
        yield* await checkRows(rows);
      } while (rows.length === PAGE);
    },
  };
}

function checkPrice(row: PricedRideRow, version: SurgeVersion | undefined): PriceCheck {
  const { ride_id: rideId, ride_fare: fare, quote_id: quoteId } = row;
  const charged = fare ?? undefined;
  if (quoteId === null) {
    const differences = charged === undefined ? [] : ['what it was priced by is gone'];
    return { rideId, charged, reckoned: undefined, versionAgrees: undefined, differences };
  }
  const percent = row.surge_basis === null ? 100 : percentBy(row.surge_basis);
  const trip = { distanceM: row.distance_m, durationS: row.duration_s };
  const surge = { percent, version: row.surge_version ?? undefined };
  const reckoned = fareJson({ ...trip, surge, fare: fareOf(row.rates, trip, percent) });
  const versionAgrees = version && agrees(row, version);
  const differences = [
    ...(percent === row.surge_percent ? [] : [`surge ${percent} %, not ${row.surge_percent} %`]),
    ...(isDeepStrictEqual(row.quote_fare, reckoned) ? [] : ['the quote says otherwise']),
    ...(isDeepStrictEqual(charged, reckoned) ? [] : ['the ride says otherwise']),
    ...(versionAgrees === false ? ['the version of the surge says otherwise'] : []),
  ];
  return { rideId, charged, reckoned, versionAgrees, differences };
}

function agrees(
  { city, ride_type: type, surge_basis: basis }: PricedRideRow,
  version: SurgeVersion,
): boolean {
  if (basis === null || version.city !== city) return false;
  return isDeepStrictEqual(basisOf(version, version.fields.get(type), basis.cell), basis);
}
