/** Drivers as Redis has them: in which shard, and what goes to the scripts and comes back, in bytes. */
import { type Id, shardOf } from '../../core/ids.ts';
import { kindOf } from './driver-lines.ts';
import type { DriverPosition, DriverTraits } from './geo-index.ts';
import type { RedisCells } from './redis-cells.ts';
import {
  FOUND_BYTES,
  GRIDS,
  ID_BYTES,
  MARK_BYTES,
  POSITION_BYTES,
  TRAITS_BYTES,
} from './redis-geo-scripts.ts';

/**
 * Hash tags, chosen so that they lie evenly over the slots of a cluster: of 2, 3 or 6 nodes each has as many. More of them would serve
 * more than a million drivers, and cost more: each is a call for a batch of positions, and for every circle of a search.
 */
const TAGS = [21, 15, 77, 27, 17, 71];

/** What the keys of each shard begin with. */
export const SHARDS: readonly string[] = TAGS.map((tag) => `groundswell:geo:{${tag}}:`);

/** By shard, in the order in which they are given. */
export function inShards<Item>(items: readonly Item[], driverIdOf: (item: Item) => Id): Map<string, Item[]> {
  const shards = new Map<string, Item[]>();
  for (const item of items) {
    const shard = SHARDS[shardOf(driverIdOf(item)) % SHARDS.length] ?? '';
    const known = shards.get(shard);
    if (known === undefined) shards.set(shard, [item]);
    else known.push(item);
  }
  return shards;
}

export function encodeIds(driverIds: readonly Id[]): Buffer {
  const bytes = Buffer.allocUnsafe(driverIds.length * ID_BYTES);
  for (const [index, driverId] of driverIds.entries()) bytes.writeDoubleLE(driverId, index * ID_BYTES);
  return bytes;
}

export function encodeMoves(positions: readonly DriverPosition[], cells: RedisCells, nowMs: number): Buffer {
  const size = ID_BYTES + POSITION_BYTES + GRIDS * MARK_BYTES;
  const bytes = Buffer.allocUnsafe(positions.length * size);
  let at = 0;
  for (const position of positions) {
    at = bytes.writeDoubleLE(position.driverId, at);
    at = bytes.writeDoubleLE(position.atMs, at);
    at = bytes.writeDoubleLE(position.lat, at);
    at = bytes.writeDoubleLE(position.lng, at);
    at = cells.writeMarks(bytes, at, position, nowMs);
  }
  return bytes;
}

export function encodeTraits(drivers: readonly DriverTraits[]): Buffer {
  const bytes = Buffer.allocUnsafe(drivers.length * (ID_BYTES + TRAITS_BYTES));
  let at = 0;
  for (const traits of drivers) {
    at = bytes.writeDoubleLE(traits.driverId, at);
    at = bytes.writeUInt32LE(kindOf(traits), at);
    at = bytes.writeDoubleLE(traits.rating ?? Number.NaN, at);
  }
  return bytes;
}

export interface FoundDriver extends DriverPosition {
  readonly kind: number;
  /** NaN: not rated yet. */
  readonly rating: number;
}

export function decodeFound(bytes: Buffer): FoundDriver[] {
  return Array.from({ length: bytes.length / FOUND_BYTES }, (_, index) => {
    const at = index * FOUND_BYTES;
    return {
      driverId: bytes.readDoubleLE(at),
      kind: bytes.readUInt32LE(at + 8),
      rating: bytes.readDoubleLE(at + 12),
      atMs: bytes.readDoubleLE(at + 20),
      lat: bytes.readDoubleLE(at + 28),
      lng: bytes.readDoubleLE(at + 36),
    };
  });
}
