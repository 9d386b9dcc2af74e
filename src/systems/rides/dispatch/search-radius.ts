/** How far a driver may be from a rider who has waited for so long. Nothing is remembered, so any process can go on. */

interface Radius {
  readonly afterMs: number;
  readonly radiusM: number;
}

/** Whoever is further away than the last would take longer than a request is worth (UNASSIGNED_S). */
export const RADII: readonly Radius[] = [
  { afterMs: 0, radiusM: 2_000 },
  { afterMs: 4_000, radiusM: 5_000 },
  { afterMs: 20_000, radiusM: 10_000 },
];

export function searchRadiusM(waitedMs: number): number {
  return RADII.findLast(({ afterMs }) => waitedMs >= afterMs)?.radiusM ?? 2_000;
}
