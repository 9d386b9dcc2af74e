/** Where things stand in a chart. */

const ROUND = [1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10] as const;

/** The least round number that is not below, of those that four or five whole parts make. */
export function roundedUp(value: number): number {
  if (value <= 4) return Math.max(Math.ceil(value), 1);
  const power = 10 ** Math.floor(Math.log10(value));
  const step = ROUND.find((each) => each * power >= value) ?? 10;
  return Math.round(step * power);
}

/** Values of the lines across, from zero to the top. */
export function ticksOf(top: number): readonly number[] {
  const parts = top % 4 === 0 ? 4 : top % 5 === 0 ? 5 : top % 2 === 0 ? 2 : Math.min(top, 5);
  return Array.from({ length: parts + 1 }, (_, index) => (top * index) / parts);
}

/** The places of so many labels of such a width that none covers another: each nth, the first among them. */
export function labelledPlaces(count: number, width: number, labelWidth: number): readonly number[] {
  const most = Math.max(Math.floor(width / labelWidth), 1);
  const each = Math.ceil(count / most);
  return Array.from({ length: Math.ceil(count / each) }, (_, index) => index * each);
}
