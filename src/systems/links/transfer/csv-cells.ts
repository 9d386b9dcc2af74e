/**
 * Cells of our own tables. What a spreadsheet would take for a formula gets an apostrophe before it, which
 * spreadsheets take for "this is text" and do not show; reading takes it off again. So that every text survives, one that
 * already looks like that gets a further one.
 */
import { stringify } from 'csv-stringify/sync';

export type Cell = string | number | boolean | null | undefined;

/** Lines of a table, as RFC 4180 has them. */
export function csvText(lines: readonly (readonly Cell[])[]): string {
  return stringify(
    lines.map((line) => line.map(cellText)),
    { record_delimiter: '\r\n' },
  );
}

function cellText(cell: Cell): string {
  return cell === null || cell === undefined ? '' : guardCell(String(cell));
}

/** What programs have been seen to evaluate (OWASP, CSV injection), full-width signs among it. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/u;
const GUARDED = /^''*[=+\-@\t\r\n＝＋－＠]/u;

export function guardCell(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

export function readCell(text: string): string {
  return GUARDED.test(text) ? text.slice(1) : text;
}

/** Tags in one cell, as others do it: `a|b`. Within a tag, `|` and `\` have a `\` before them. */
export function tagsCell(tags: readonly string[]): string {
  return tags.map((tag) => tag.replace(/[\\|]/g, '\\$&')).join('|');
}

export function readTagsCell(text: string): string[] {
  const tags = [...text.matchAll(/(?:\\[\s\S]|[^|\\])+/g)];
  return tags.map(([tag]) => tag.replace(/\\([\s\S])/g, '$1'));
}
