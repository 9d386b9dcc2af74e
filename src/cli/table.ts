/** Rows of a list as a person reads them in a terminal. */

export type Cell = string | number;

const GAP = '  ';

/** Columns as wide as their widest cell; numbers end below each other. Without rows only the titles. */
export function formatTable(titles: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map(cellText));
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...texts.map((row) => row[column]?.length ?? 0)),
  );
  const isNumeric = titles.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const format = (row: readonly string[]): string =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0;
        return isNumeric[column] === true ? text.padStart(width) : text.padEnd(width);
      })
      .join(GAP)
      .trimEnd();
  return [titles, ...texts].map(format).join('\n');
}

/** On one line, and without anything that a terminal obeys: some of it was written by strangers. */
export function cellText(cell: Cell): string {
  if (typeof cell === 'number') return cell.toLocaleString('en');
  return cell
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
    .trim();
}

/** `2026-07-30 14:05`, in UTC. */
export function formatTime(time: Date): string {
  return time.toISOString().slice(0, 16).replace('T', ' ');
}
