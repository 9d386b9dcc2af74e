/**
 * Finds the nearest of those who are in Redis, by circles that grow, each a question to all shards at once: who has come into the cells
 * that it touches and was not read of yet? Their lines say where they are now.
 */
import type { Clock } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import { isWanted, onSphere, type SpherePoint, traitsIn } from './driver-lines.ts';
import type { NearDriver, NearestSearch } from './geo-index.ts';
import { chordOf, distanceOf } from './nearest-search.ts';
import { type Circle, encodeMarks, type RedisCells } from './redis-cells.ts';
import { decodeFound, type FoundDriver, SHARDS } from './redis-drivers.ts';
import { findDrivers } from './redis-geo-scripts.ts';
import { widened } from './search-circles.ts';

/** Where a search begins: far enough for some dozens in a busy town, so that one circle will do. */
const FIRST_RADIUS_M = 600;

export interface RedisNearestSearchDeps {
  readonly connection: Pick<RedisConnection, 'run'>;
  readonly cells: RedisCells;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** The turn of the hashes. */
  readonly turnAt: (nowMs: number) => number;
}

/** One who fits, wherever they are. */
interface Candidate {
  readonly driver: FoundDriver;
  readonly chord: number;
}

export function createRedisNearestSearch(deps: RedisNearestSearchDeps) {
  const { connection, cells, clock, turnAt } = deps;

  async function findIn({ grid, marks }: Circle, search: NearestSearch): Promise<FoundDriver[]> {
    const args = [turnAt(clock.nowMs()), search.states, search.types, grid, encodeMarks(marks)];
    const answers = await Promise.all(SHARDS.map((shard) => connection.run(findDrivers, shard, args)));
    return answers.flatMap((answer) => decodeFound(answer as Buffer)); // What the script returns.
  }

  return async (search: NearestSearch): Promise<readonly NearDriver[]> => {
    const centre = onSphere(search.around);
    const unread = createUnread();
    const candidates = new Map<Id, Candidate>();
    for (let radiusM = Math.min(FIRST_RADIUS_M, search.radiusM); ; ) {
      const circle = unread(cells.around(search, radiusM, clock.nowMs()));
      for (const driver of await findIn(circle, search)) {
        // The last word counts: who is found twice may have moved meanwhile.
        if (fits(driver, search)) {
          candidates.set(driver.driverId, { driver, chord: chordBetween(centre, driver) });
        } else candidates.delete(driver.driverId);
      }
      const found = nearestOf(candidates.values(), radiusM, search.limit);
      if (found.length === search.limit || radiusM >= search.radiusM) return found.map(presentNear);
      radiusM = widened(radiusM, search.radiusM, found.length, search.limit);
    }
  };
}

/** Leaves out of a circle what earlier ones had. */
function createUnread(): (circle: Circle) => Circle {
  const read = new Set<string>();
  return ({ grid, marks }) => ({
    grid,
    marks: marks.filter(({ cell, stretch }) => {
      const name = `${grid}:${cell}:${stretch}`;
      if (read.has(name)) return false;
      read.add(name);
      return true;
    }),
  });
}

function fits({ kind, rating, atMs }: FoundDriver, search: NearestSearch): boolean {
  const { states, types, sinceMs, ratingAbove = Number.NEGATIVE_INFINITY } = search;
  // Whoever has no rating has NaN, which is not at or below anything.
  // Whoever was forgotten and described anew is nowhere yet.
  return isWanted(kind, states, types) && atMs > 0 && atMs >= sinceMs && !(rating <= ratingAbove);
}

function chordBetween(centre: SpherePoint, driver: FoundDriver): number {
  const { x, y, z } = onSphere(driver);
  return (x - centre.x) ** 2 + (y - centre.y) ** 2 + (z - centre.z) ** 2;
}

function nearestOf(candidates: Iterable<Candidate>, radiusM: number, limit: number): Candidate[] {
  const chordMax = chordOf(radiusM);
  return [...candidates]
    .filter(({ chord }) => chord <= chordMax)
    .sort((one, other) => one.chord - other.chord)
    .slice(0, limit);
}

function presentNear({ driver: { driverId, lat, lng, atMs, kind }, chord }: Candidate): NearDriver {
  return { driverId, lat, lng, atMs, ...traitsIn(kind), distanceM: distanceOf(chord) };
}
