/** The fields of a version as they are kept: short, because a large city has thousands of cells in each. */
import { RIDE_TYPES, type RideType } from '../drivers/driver.ts';
import type { CellCounts } from './surge-rules.ts';
import type { SurgeCell, SurgeField } from './surge-version.ts';

type CountsLine = readonly [cell: string, requests: number, drivers: number];
type CellLine = readonly [
  cell: string,
  pressureBefore: number,
  levelBefore: number,
  pressure: number,
  level: number,
];

export type SurgeFieldsJson = Partial<
  Record<RideType, { readonly counts: readonly CountsLine[]; readonly cells: readonly CellLine[] }>
>;

export function fieldsJson(fields: ReadonlyMap<RideType, SurgeField>): SurgeFieldsJson {
  return Object.fromEntries(
    [...fields].map(([type, { counts, cells }]) => [
      type,
      { counts: [...counts].map(countsLine), cells: [...cells].map(cellLine) },
    ]),
  );
}

function countsLine([cell, { requests, drivers }]: readonly [string, CellCounts]): CountsLine {
  return [cell, requests, drivers];
}

function cellLine([cell, { before, now }]: readonly [string, SurgeCell]): CellLine {
  return [cell, before.pressure, before.level, now.pressure, now.level];
}

export function fieldsOf(json: SurgeFieldsJson): ReadonlyMap<RideType, SurgeField> {
  const fields = new Map<RideType, SurgeField>();
  for (const type of RIDE_TYPES) {
    const field = json[type];
    if (field === undefined) continue;
    fields.set(type, {
      counts: new Map(field.counts.map(([cell, requests, drivers]) => [cell, { requests, drivers }])),
      cells: new Map(
        field.cells.map(([cell, pressureBefore, levelBefore, pressure, level]) => [
          cell,
          { before: { pressure: pressureBefore, level: levelBefore }, now: { pressure, level } },
        ]),
      ),
    });
  }
  return fields;
}
