/**
 * Reads recorded trips: a table of comma-separated values, plain or gzipped, with a head. One column is the time of the pickup, as
 * `4-30-14 23:58` or `2014-04-30 23:58:00`, by the clock of the place; two are its latitude and longitude. Others are ignored.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { AppError } from '../core/errors.ts';
import { type GeoPoint, isGeoPoint } from '../core/geo.ts';

export interface Trip {
  /** By the clock of the place, as if it were Greenwich's: milliseconds since 1970. */
  readonly atMs: number;
  readonly pickup: GeoPoint;
}

export const TRIPS_MAX = 5_000_000;
const TIMES = ['date/time', 'time', 'datetime', 'pickup_datetime', 'tpep_pickup_datetime'];
const LATITUDES = ['lat', 'latitude', 'pickup_latitude'];
const LONGITUDES = ['lon', 'lng', 'longitude', 'pickup_longitude'];
const GZIP = Buffer.from([0x1f, 0x8b]);

/** Fails with `not_found`, or `invalid` naming the line; with `invalid` for more than TRIPS_MAX. */
export async function readTripsFile(path: string): Promise<Trip[]> {
  const trips: Trip[] = [];
  const isPacked = await isGzipped(path);
  const file = createReadStream(path);
  const text = isPacked ? file.pipe(createGunzip()) : file;
  const rows = text.pipe(
    parse({ columns: (head: string[]) => columnsOf(head, path), info: true, trim: true }),
  );
  for (const stream of [file, text]) stream.on('error', (error: Error) => rows.destroy(error));
  try {
    for await (const { record, info } of rows) {
      trips.push(tripOf(record, `${path}:${info.lines}`));
      if (trips.length > TRIPS_MAX) throw new AppError('invalid', `${path} has over ${TRIPS_MAX} trips.`);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('invalid', `${path} is no table of trips: ${String(error)}`, { cause: error });
  }
  if (trips.length === 0) throw new AppError('invalid', `${path} has no trips.`);
  return trips;
}

async function isGzipped(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(GZIP.length), 0, GZIP.length, 0);
    await file.close();
    return buffer.equals(GZIP);
  } catch (error) {
    throw new AppError('not_found', `${path} cannot be read. Name a table of trips with --trips FILE.`, {
      cause: error,
    });
  }
}

interface Cells {
  readonly time?: string;
  readonly lat?: string;
  readonly lng?: string;
}

/** What the columns are to be called; `false`: ignored. */
function columnsOf(head: readonly string[], path: string): (keyof Cells | false)[] {
  const names = head.map((name) => name.trim().toLowerCase());
  const columns = names.map((name) =>
    TIMES.includes(name)
      ? 'time'
      : LATITUDES.includes(name)
        ? 'lat'
        : LONGITUDES.includes(name)
          ? 'lng'
          : (false as const),
  );
  for (const [wanted, known] of [
    ['time', TIMES],
    ['lat', LATITUDES],
    ['lng', LONGITUDES],
  ] as const) {
    if (columns.filter((column) => column === wanted).length === 1) continue;
    throw new AppError('invalid', `${path}: its head must have one of these columns: ${known.join(', ')}.`);
  }
  return columns;
}

function tripOf({ time = '', lat = '', lng = '' }: Cells, where: string): Trip {
  const pickup = { lat: Number(lat), lng: Number(lng) };
  const atMs = timeOf(time);
  if (atMs === undefined) throw new AppError('invalid', `${where}: ${time} is no time.`);
  if (lat === '' || lng === '' || !isGeoPoint(pickup)) {
    throw new AppError('invalid', `${where}: ${lat}, ${lng} is no place on earth.`);
  }
  return { atMs, pickup };
}

function timeOf(text: string): number | undefined {
  const american = /^(\d{1,2})[-/](\d{1,2})[-/](\d{2}|\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  const iso = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?/.exec(text);
  const [year, month, day, ...clock] = american
    ? [century(Number(american[3])), american[1], american[2], ...american.slice(4)]
    : (iso?.slice(1) ?? []);
  const [hour, minute, second = 0] = clock.map((part) => (part === undefined ? undefined : Number(part)));
  if (year === undefined || hour === undefined || minute === undefined) return undefined;
  const atMs = Date.UTC(Number(year), Number(month) - 1, Number(day), hour, minute, second);
  const isReal = new Date(atMs).getUTCDate() === Number(day) && hour < 24 && minute < 60;
  return isReal ? atMs : undefined;
}

function century(year: number): number {
  return year < 100 ? 2_000 + year : year;
}
