/** A number in little room: 1,234 is 1.2K. Whoever hears it hears the number and what it counts. */
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat('en');

export function Count({
  value,
  one,
  many,
}: {
  readonly value: number;
  readonly one: string;
  readonly many: string;
}) {
  return (
    <>
      <span aria-hidden="true" class="figures" title={exact.format(value)}>
        {value === 0 ? '' : compact.format(value)}
      </span>
      <span class="unseen">{countText(value, one, many)}</span>
    </>
  );
}

/** `12 likes`, `1 like`. */
export function countText(value: number, one: string, many: string): string {
  return `${exact.format(value)} ${value === 1 ? one : many}`;
}

export function compactCount(value: number): string {
  return compact.format(value);
}
