import { formatTable } from '../bench-table.ts';
import type { Figure, Finding } from './experiment.ts';

export function formatFindings(findings: readonly Finding[]): string {
  return findings.map(formatFinding).join('\n\n');
}

function formatFinding({ name, purpose, figures, table }: Finding): string {
  const rows = figures.map((figure) => [figure.label, formatValue(figure), figure.unit]);
  return [
    `${name}: ${purpose}`,
    formatTable(rows),
    ...(table === undefined ? [] : ['', formatTable(table)]),
  ].join('\n');
}

function formatValue({ value }: Figure): string {
  if (value === undefined) return '-';
  if (typeof value === 'string') return value;
  return Number.isInteger(value) || value >= 1000
    ? Math.round(value).toLocaleString('en')
    : value.toPrecision(3);
}
