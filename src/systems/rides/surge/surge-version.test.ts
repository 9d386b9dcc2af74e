import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RideType } from '../drivers/driver.ts';
import { basisOf, percentBy } from './surge-basis.ts';
import { cellsAround, surgeCellOf } from './surge-cells.ts';
import { fieldsJson, fieldsOf } from './surge-json.ts';
import { type CellCounts, percentOf, SMOOTHING_MS, type SurgeLevel } from './surge-rules.ts';
import { nextFields, type SurgeField, type SurgeVersion } from './surge-version.ts';

const LEVELS: readonly SurgeLevel[] = [
  { percent: 100, fromPressure: 0 },
  { percent: 150, fromPressure: 1_000 },
  { percent: 200, fromPressure: 2_000 },
];
const CENTRE = surgeCellOf({ lat: 40.7128, lng: -74.006 });
const NEAR = cellsAround(CENTRE);
const cell = fc.constantFrom(...new Set(NEAR.flatMap((each) => [...cellsAround(each)])));
const counts = fc
  .array(
    fc.tuple(cell, fc.record({ requests: fc.nat(30), drivers: fc.nat(10) }, { noNullPrototype: true })),
    { maxLength: 12 },
  )
  .map((entries) => new Map<RideType, Map<string, CellCounts>>([['economy', new Map(entries)]]));

function versionAfter(
  before: SurgeVersion | undefined,
  counted: ReadonlyMap<RideType, ReadonlyMap<string, CellCounts>>,
): SurgeVersion {
  const fields = nextFields({
    levels: LEVELS,
    elapsedMs: SMOOTHING_MS,
    before: before?.fields,
    counts: counted,
  });
  return { version: 1, city: 'new_york', atMs: 0, elapsedMs: SMOOTHING_MS, levels: LEVELS, fields };
}

const economy = (requests: number, drivers: number) =>
  new Map([['economy' as const, new Map([[CENTRE, { requests, drivers }]])]]);

describe('a version of the surge', () => {
  it('has the cells where somebody asks, and those beside', () => {
    const { fields } = versionAfter(undefined, economy(20, 0));
    const field = fields.get('economy');
    assert.deepEqual(new Set(field?.cells.keys()), new Set(NEAR));
    assert.equal(field?.cells.get(CENTRE)?.now.level, 1);
    assert.deepEqual([...(field?.counts.keys() ?? [])], [CENTRE]);
  });

  it('has nothing where nobody asks, however many drive', () => {
    assert.equal(versionAfter(undefined, economy(0, 50)).fields.size, 0);
  });

  it('goes on from the one before, until all is calm again', () => {
    let version = versionAfter(undefined, economy(40, 0));
    version = versionAfter(version, economy(40, 0));
    assert.equal(version.fields.get('economy')?.cells.get(CENTRE)?.now.level, 2);
    let versions = 0;
    for (; version.fields.size > 0; versions += 1) version = versionAfter(version, new Map());
    assert.ok(versions > 2 && versions < 30, `${versions}`);
  });

  it('is the same after it was kept', () => {
    fc.assert(
      fc.property(counts, counts, (first, second) => {
        const { fields } = versionAfter(versionAfter(undefined, first), second);
        assert.deepEqual(fieldsOf(JSON.parse(JSON.stringify(fieldsJson(fields)))), fields);
      }),
    );
  });

  it('is reckoned again, for any place, from what is kept of the place', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 5 }), cell, (steps, place) => {
        let version: SurgeVersion | undefined;
        for (const step of steps) version = versionAfter(version, step);
        if (version === undefined) return;
        const field: SurgeField | undefined = version.fields.get('economy');
        const basis = JSON.parse(JSON.stringify(basisOf(version, field, place)));
        const now = field?.cells.get(place)?.now;
        assert.equal(percentBy(basis), now === undefined ? 100 : percentOf(LEVELS, now));
      }),
    );
  });
});
