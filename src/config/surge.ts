/** The levels of surge, as the environment names them. */

export interface SurgeLevelSetting {
  /** Whole: 150 is 1.5 times. */
  readonly percent: number;
  /** Requests for each free driver, in thousandths. */
  readonly fromPressure: number;
}

export const SURGE_MULTIPLIER_MAX = 10;
export const SURGE_PRESSURE_MAX = 1_000;
export const SURGE_FORM = `off, or levels such as 1.5@1,2@2,3@4: a multiplier above 1 (at most ${SURGE_MULTIPLIER_MAX}) and the requests for each free driver from which it applies, both growing`;

const NO_SURGE: SurgeLevelSetting = { percent: 100, fromPressure: 0 };

/** Begins with that without surge, which is the only one of `off`. `undefined` for what is no list of levels. */
export function parseSurge(text: string): readonly SurgeLevelSetting[] | undefined {
  if (text === 'off') return [NO_SURGE];
  const levels = [NO_SURGE];
  for (const part of text.split(',')) {
    const [, multiplier, pressure] =
      /^\s*(\d{1,2}(?:\.\d{1,2})?)@(\d{1,4}(?:\.\d{1,3})?)\s*$/.exec(part) ?? [];
    if (multiplier === undefined || pressure === undefined) return undefined;
    const level = {
      percent: Math.round(Number(multiplier) * 100),
      fromPressure: Math.round(Number(pressure) * 1_000),
    };
    const last = levels.at(-1) ?? NO_SURGE;
    const grows = level.percent > last.percent && level.fromPressure > last.fromPressure;
    if (!grows || level.percent > SURGE_MULTIPLIER_MAX * 100) return undefined;
    if (level.fromPressure > SURGE_PRESSURE_MAX * 1_000) return undefined;
    levels.push(level);
  }
  return levels;
}
