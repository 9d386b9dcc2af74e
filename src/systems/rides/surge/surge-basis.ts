/** What the surge of one place was reckoned from: kept with each price, so that it can be reckoned again when the version is long forgotten. */
import {
  CALM,
  type CellCounts,
  type CellSurge,
  nextSurge,
  percentOf,
  type SurgeLevel,
} from './surge-rules.ts';
import { countsAround, type SurgeField, type SurgeVersion } from './surge-version.ts';

export interface SurgeBasis {
  readonly cell: string;
  readonly levels: readonly SurgeLevel[];
  readonly elapsedMs: number;
  readonly before: CellSurge;
  /** Of the cell itself, and then of its neighbours. */
  readonly around: readonly CellCounts[];
}

export function basisOf(
  { levels, elapsedMs }: SurgeVersion,
  field: SurgeField | undefined,
  cell: string,
): SurgeBasis {
  const known = field?.cells.get(cell);
  if (field === undefined || known === undefined)
    return { cell, levels, elapsedMs, before: CALM, around: [] };
  return { cell, levels, elapsedMs, before: known.before, around: countsAround(field, cell) };
}

export function percentBy({ levels, before, around, elapsedMs }: SurgeBasis): number {
  return percentOf(levels, nextSurge(levels, before, around, elapsedMs));
}
