/** How finely clicks are counted. All times are UTC. */
export const GRAINS = ['minute', 'hour', 'day'] as const;
export type Grain = (typeof GRAINS)[number];

export const GRAIN_MS: Readonly<Record<Grain, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** As the database has it. */
export function grainNumber(grain: Grain): number {
  return GRAINS.indexOf(grain);
}

export function startOf(grain: Grain, timeMs: number): number {
  return Math.floor(timeMs / GRAIN_MS[grain]) * GRAIN_MS[grain];
}
