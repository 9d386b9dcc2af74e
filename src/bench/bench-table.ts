/** How the figures of a bench are written in a terminal. */

/** Columns as wide as they must be: the first and the last to the left, those between to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const align = (cell: string, column: number) =>
    column === 0 || column === columns - 1
      ? cell.padEnd(widths[column] ?? 0)
      : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(align).join('  ').trimEnd()).join('\n');
}

export function whole(value: number | undefined): string {
  if (value === undefined) return '-';
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

export function milliseconds(value: number): string {
  return value.toFixed(2);
}

/** Counts by what went wrong, for a cell. */
export function formatErrors(errors: Readonly<Record<string, number>>): string {
  const entries = Object.entries(errors).map(([reason, count]) => `${count} x ${reason}`);
  return entries.length === 0 ? 'none' : entries.join(', ');
}
