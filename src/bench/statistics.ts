/** The middle one, or the mean of both; undefined if any value is missing or there is none. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((left, right) => left - right);
  if (known.length < values.length) return undefined;
  const middle = known.slice(Math.ceil(known.length / 2) - 1, Math.floor(known.length / 2) + 1);
  return known.length === 0 ? undefined : middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
