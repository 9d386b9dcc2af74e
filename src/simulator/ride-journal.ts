/** What became of each request, as the town's people saw it: the times from which a report is made. */
import type { RideDemand } from './demand.ts';

/** Times are milliseconds since the beginning of the simulation; `undefined`: it has not come to that. */
export interface RideRecord {
  readonly demand: RideDemand;
  readonly requestedMs: number;
  rideId: string | undefined;
  driverId: string | undefined;
  offers: number;
  offeredMs: number | undefined;
  acceptedMs: number | undefined;
  arrivedMs: number | undefined;
  startedMs: number | undefined;
  endedMs: number | undefined;
  /** What the rider paid, in minor units, where the server says so. */
  fare: number | undefined;
  /** How it ended: as the server says, or `refused` if there never was a ride. */
  status: string | undefined;
  reason: string | undefined;
  /** It was ended because the simulation was over. */
  isCut: boolean;
}

export interface RideJournal {
  readonly records: readonly RideRecord[];
  ask(demand: RideDemand, nowMs: number): RideRecord;
  /** The server has answered the request. */
  name(record: RideRecord, rideId: string): void;
  /** A driver has been offered the ride, maybe before the rider has heard of it. */
  offered(rideId: string, nowMs: number): void;
  of(rideId: string): RideRecord | undefined;
  end(record: RideRecord, nowMs: number, status: string, reason?: string): void;
  /** How many have not ended. */
  open(): number;
}

export function createRideJournal(): RideJournal {
  const records: RideRecord[] = [];
  const byId = new Map<string, RideRecord>();
  const early = new Map<string, number[]>();
  let ended = 0;

  function note(record: RideRecord, nowMs: number): void {
    record.offers += 1;
    record.offeredMs ??= nowMs;
  }

  return {
    records,
    ask(demand, nowMs) {
      const record: RideRecord = {
        ...{ demand, requestedMs: nowMs, rideId: undefined, driverId: undefined, offers: 0 },
        ...{ offeredMs: undefined, acceptedMs: undefined, arrivedMs: undefined, startedMs: undefined },
        ...{ endedMs: undefined, fare: undefined, status: undefined, reason: undefined, isCut: false },
      };
      records.push(record);
      return record;
    },
    name(record, rideId) {
      record.rideId = rideId;
      byId.set(rideId, record);
      for (const nowMs of early.get(rideId) ?? []) note(record, nowMs);
      early.delete(rideId);
    },
    offered(rideId, nowMs) {
      const record = byId.get(rideId);
      if (record === undefined) early.set(rideId, [...(early.get(rideId) ?? []), nowMs]);
      else note(record, nowMs);
    },
    of: (rideId) => byId.get(rideId),
    end(record, nowMs, status, reason) {
      if (record.status !== undefined) return;
      record.endedMs = nowMs;
      record.status = status;
      record.reason = reason;
      ended += 1;
    },
    open: () => records.length - ended,
  };
}
