/**
 * A version of a city's surge: what was counted where, what each cell was before, and what it is from now on. So each version can be
 * reckoned again by itself. Cells of which nothing is said are calm: nobody asks for rides there or beside, and nothing is left of before.
 */
import type { Id } from '../../../core/ids.ts';
import { RIDE_TYPES, type RideType } from '../drivers/driver.ts';
import { cellsAround } from './surge-cells.ts';
import { CALM, type CellCounts, type CellSurge, nextSurge, type SurgeLevel } from './surge-rules.ts';

export interface SurgeCell {
  readonly before: CellSurge;
  readonly now: CellSurge;
}

/** Of one type of ride, by cell. */
export interface SurgeField {
  /** Of all cells that count for one of `cells`, and have anything to count. */
  readonly counts: ReadonlyMap<string, CellCounts>;
  readonly cells: ReadonlyMap<string, SurgeCell>;
}

export interface SurgeVersion {
  readonly version: Id;
  readonly city: string;
  readonly atMs: number;
  /** Since the version before, or as long as it smooths over when there was none. */
  readonly elapsedMs: number;
  readonly levels: readonly SurgeLevel[];
  readonly fields: ReadonlyMap<RideType, SurgeField>;
}

export type CountsByType = ReadonlyMap<RideType, ReadonlyMap<string, CellCounts>>;

const NOTHING: CellCounts = { requests: 0, drivers: 0 };

export interface SurgeStep {
  readonly levels: readonly SurgeLevel[];
  readonly elapsedMs: number;
  /** `undefined`: the city has no version before. */
  readonly before: ReadonlyMap<RideType, SurgeField> | undefined;
  readonly counts: CountsByType;
}

/** The fields of the next version. Types without any cell that is not calm are left out. */
export function nextFields({
  levels,
  elapsedMs,
  before,
  counts,
}: SurgeStep): ReadonlyMap<RideType, SurgeField> {
  const fields = new Map<RideType, SurgeField>();
  for (const type of RIDE_TYPES) {
    const field = nextField(levels, elapsedMs, before?.get(type), counts.get(type) ?? new Map());
    if (field.cells.size > 0) fields.set(type, field);
  }
  return fields;
}

function nextField(
  levels: readonly SurgeLevel[],
  elapsedMs: number,
  before: SurgeField | undefined,
  counts: ReadonlyMap<string, CellCounts>,
): SurgeField {
  const cells = new Map<string, SurgeCell>();
  const counted = new Map<string, CellCounts>();
  for (const cell of cellsOfInterest(before, counts)) {
    const was = before?.cells.get(cell)?.now ?? CALM;
    const around = cellsAround(cell);
    const now = nextSurge(
      levels,
      was,
      around.map((each) => counts.get(each) ?? NOTHING),
      elapsedMs,
    );
    cells.set(cell, { before: was, now });
    for (const each of around) {
      const count = counts.get(each);
      if (count !== undefined) counted.set(each, count);
    }
  }
  return { counts: counted, cells };
}

/** Where somebody asks, what is beside it, and what was not calm. */
function cellsOfInterest(
  before: SurgeField | undefined,
  counts: ReadonlyMap<string, CellCounts>,
): ReadonlySet<string> {
  const cells = new Set<string>();
  for (const [cell, { requests }] of counts) {
    if (requests > 0) for (const each of cellsAround(cell)) cells.add(each);
  }
  for (const [cell, { now }] of before?.cells ?? []) {
    if (now.level > 0 || now.pressure > 0) cells.add(cell);
  }
  return cells;
}

/** Of the cell itself, and then of its neighbours. */
export function countsAround({ counts }: SurgeField, cell: string): readonly CellCounts[] {
  return cellsAround(cell).map((each) => counts.get(each) ?? NOTHING);
}
