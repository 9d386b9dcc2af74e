import { deepEqual, equal, rejects } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readTripsFile } from './trips-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'groundswell-trips-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function fileOf(content: string | Buffer): string {
  files += 1;
  const file = path.join(folder, `${files}.csv`);
  writeFileSync(file, content);
  return file;
}

const UBER = 'Date/Time,Lat,Lon,Base\n04-01-14 0:11,40.769,-73.9549,B02512\n4-30-14 23:58,40.7,-74,B02512\n';
const FIRST = { atMs: Date.UTC(2014, 3, 1, 0, 11), pickup: { lat: 40.769, lng: -73.9549 } };
const LAST = { atMs: Date.UTC(2014, 3, 30, 23, 58), pickup: { lat: 40.7, lng: -74 } };

describe('a file of trips', () => {
  it('is read as New York’s taxi commission writes it, plain or gzipped', async () => {
    deepEqual(await readTripsFile(fileOf(UBER)), [FIRST, LAST]);
    deepEqual(await readTripsFile(fileOf(gzipSync(UBER))), [FIRST, LAST]);
  });

  it('may have other columns, other names and other forms of time', async () => {
    const text =
      'id,pickup_datetime, pickup_longitude ,pickup_latitude\n7,2014-04-01 00:11:00,-73.9549,40.769\n';
    deepEqual(await readTripsFile(fileOf(text)), [FIRST]);
    const iso = 'time,lat,lng\n2014-04-01T00:11,40.769,-73.9549\n';
    equal((await readTripsFile(fileOf(iso))).length, 1);
  });

  for (const [what, content, message] of [
    ['no head', '04-01-14 0:11,40.769,-73.9549\n', /its head must have one of these columns: date\/time/],
    ['a time that is none', 'time,lat,lng\nsoon,40,-73\n', /:2: soon is no time/],
    ['the 31st of April', 'time,lat,lng\n2014-04-31 00:00,40,-73\n', /is no time/],
    ['a place beyond the pole', 'time,lat,lng\n2014-04-01 00:00,91,-73\n', /91, -73 is no place/],
    ['an empty place', 'time,lat,lng\n2014-04-01 00:00,,-73\n', /is no place/],
    ['a row that is too short', 'time,lat,lng\n2014-04-01 00:00,40\n', /is no table of trips/],
    ['no trips', 'time,lat,lng\n', /has no trips/],
  ] as const) {
    it(`is refused with ${what}`, () =>
      rejects(readTripsFile(fileOf(content)), { code: 'invalid', message }));
  }

  it('is refused when it is cut off within its compression', async () => {
    const whole = gzipSync(UBER.repeat(500));
    await rejects(readTripsFile(fileOf(whole.subarray(0, whole.length / 2))), { code: 'invalid' });
  });

  it('has to be there', () =>
    rejects(readTripsFile(path.join(folder, 'nowhere.csv')), { code: 'not_found', message: /--trips FILE/ }));
});
