/** What `up` shows of itself on a terminal: a table of its processes, and what happened last. Pure: lines from figures. */
import type { Figures } from './figures.ts';
import type { ProcessState } from './supervised-process.ts';

export interface UpView {
  readonly product: string;
  readonly topology: string;
  /** Where clients come in; empty until it is known. */
  readonly url: string;
  readonly phase: 'starting' | 'up' | 'stopping' | 'stopped';
  readonly elapsedMs: number;
  readonly rows: readonly UpRow[];
  /** The newest last. */
  readonly events: readonly UpEvent[];
  readonly logs: string;
}

export interface UpRow {
  readonly name: string;
  readonly role: string;
  readonly port: number | undefined;
  readonly pid: number | undefined;
  readonly state: ProcessState;
  readonly restarts: number;
  readonly figures: Figures | undefined;
  /** Of one processor: 1 is all of it. */
  readonly cpu: number | undefined;
}

export interface UpEvent {
  /** `12:34:56`. */
  readonly time: string;
  readonly process: string;
  readonly text: string;
  readonly level: 'info' | 'warn';
}

export interface ViewSize {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

const STYLES = { plain: 0, bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Style = keyof typeof STYLES;

/** A piece of a line in one style, so that widths are those of what is seen. */
interface Span {
  readonly text: string;
  readonly style: Style;
}

const STATES: Readonly<Record<ProcessState, Span>> = {
  waiting: { text: '○ waiting', style: 'dim' },
  starting: { text: '◐ starting', style: 'yellow' },
  ready: { text: '● ready', style: 'green' },
  'not ready': { text: '● not ready', style: 'red' },
  restarting: { text: '↻ restarting', style: 'yellow' },
  stopping: { text: '◑ stopping', style: 'yellow' },
  stopped: { text: '○ stopped', style: 'dim' },
};

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Left out first where it is narrow: the highest. */
  readonly rank: number;
  cell(row: UpRow): Span;
}

const COLUMNS: readonly Column[] = [
  { title: 'PROCESS', align: 'left', rank: 0, cell: ({ name }) => span(name, 'bold') },
  { title: 'ROLE', align: 'left', rank: 4, cell: ({ role }) => span(role, 'dim') },
  { title: 'PORT', align: 'right', rank: 2, cell: ({ port }) => number(port) },
  { title: 'PID', align: 'right', rank: 5, cell: ({ pid }) => number(pid, 'dim') },
  { title: 'HEALTH', align: 'left', rank: 0, cell: healthCell },
  { title: 'RATE', align: 'right', rank: 1, cell: ({ figures }) => rateCell(figures) },
  { title: 'P99', align: 'right', rank: 1, cell: ({ figures }) => latencyCell(figures?.p99Ms) },
  { title: 'CPU', align: 'right', rank: 3, cell: ({ cpu }) => cpuCell(cpu) },
];

const MARGIN = '  ';
const GAP = '   ';
/** So that the table does not jump about with every figure. */
const WIDTHS_MIN: Readonly<Record<string, number>> = { HEALTH: 14, RATE: 12, P99: 8, CPU: 5, PID: 6 };
/** Of a wide terminal the rest stays empty. */
const WIDTH_MAX = 110;
const EVENTS_MAX = 6;
/** The last row is the cursor's. */
const ROWS_SPARE = 1;

/** As many lines as fit, none wider than the terminal. */
export function renderUp(view: UpView, size: ViewSize): string[] {
  const width = Math.max(20, Math.min(WIDTH_MAX, size.columns - 1));
  const head = headLines(view, width);
  const foot = [[], [span(MARGIN, 'plain'), ...footSpans(view)]];
  const room = size.rows - ROWS_SPARE - head.length - foot.length;
  const table = tableLines(view.rows, width, Math.max(3, room));
  const events = eventLines(view.events, Math.min(EVENTS_MAX, room - table.length - 1));
  const lines = [...head, ...table, ...(events.length > 0 ? [[], ...events] : []), ...foot];
  return lines.map((line) => paint(cut(line, width), size.colour)).slice(0, size.rows - ROWS_SPARE);
}

function span(text: string, style: Style): Span {
  return { text, style };
}

function number(value: number | undefined, style: Style = 'plain'): Span {
  return value === undefined ? span('–', 'dim') : span(String(value), style);
}

function headLines({ product, topology, url, phase, elapsedMs }: UpView, width: number): Span[][] {
  const state = {
    starting: span('starting', 'yellow'),
    up: span('up', 'green'),
    stopping: span('stopping', 'yellow'),
    stopped: span('stopped', 'dim'),
  }[phase];
  const left = [span(MARGIN + product, 'bold'), span(`  ${topology}`, 'cyan')];
  const right = [state, span(` ${formatElapsed(elapsedMs)}`, 'dim')];
  const gap = ' '.repeat(Math.max(2, width - lengthOf(left) - lengthOf(right)));
  const address = [span(`${MARGIN}${url === '' ? 'no address yet' : url}`, url === '' ? 'dim' : 'plain')];
  return [[], [...left, span(gap, 'plain'), ...right], address, []];
}

function footSpans({ phase, logs }: UpView): Span[] {
  const advice = {
    starting: 'Ctrl-C gives up',
    up: 'Ctrl-C stops everything in order',
    stopping: 'what has been accepted is being finished; Ctrl-C again cuts it',
    stopped: 'nothing runs any more',
  }[phase];
  return [span(`${advice}; logs in ${logs}`, 'dim')];
}

function tableLines(rows: readonly UpRow[], width: number, linesMax: number): Span[][] {
  const hidden = Math.max(0, rows.length + 1 - linesMax);
  const shown = hidden > 0 ? rows.slice(0, Math.max(0, rows.length - hidden - 1)) : rows;
  const columns = fittingColumns(rows, width);
  const title = columns.map(({ title: text, align, size }) => span(padded(text, size, align), 'dim'));
  const lines = shown.map((row) =>
    columns.map(({ cell, align, size }) => {
      const { text, style } = cell(row);
      return span(padded(text, size, align), style);
    }),
  );
  const more = hidden > 0 ? [[span(`${MARGIN}and ${rows.length - shown.length} more`, 'dim')]] : [];
  return [...[title, ...lines].map(joined), ...more];
}

type SizedColumn = Column & { readonly size: number };

function fittingColumns(rows: readonly UpRow[], width: number): SizedColumn[] {
  let columns = COLUMNS.map((column) => {
    const least = Math.max(column.title.length, WIDTHS_MIN[column.title] ?? 0);
    return { ...column, size: Math.max(least, ...rows.map((row) => column.cell(row).text.length)) };
  });
  for (;;) {
    const needed = columns.reduce((sum, { size }) => sum + size + GAP.length, MARGIN.length - GAP.length);
    const last = Math.max(...columns.map(({ rank }) => rank));
    if (needed <= width || last === 0) return columns;
    columns = columns.filter(({ rank }) => rank !== last);
  }
}

function joined(cells: readonly Span[]): Span[] {
  return cells.flatMap((cell, index) => [span(index === 0 ? MARGIN : GAP, 'plain'), cell]);
}

function healthCell({ state, restarts }: UpRow): Span {
  const { text, style } = STATES[state];
  return span(restarts > 0 && state === 'ready' ? `${text} ↻${restarts}` : text, style);
}

function rateCell(figures: Figures | undefined): Span {
  if (figures === undefined) return span('–', 'dim');
  return span(`${formatRate(figures.perS)} ${figures.unit}/s`, figures.perS < 0.05 ? 'dim' : 'plain');
}

/** Few digits: 0, 4.2, 380, 12,345. */
export function formatRate(perS: number): string {
  if (perS < 0.05) return '0';
  return perS < 10 ? perS.toFixed(1) : Math.round(perS).toLocaleString('en');
}

function latencyCell(ms: number | undefined): Span {
  if (ms === undefined) return span('–', 'dim');
  if (ms >= 1_000) return span(`${(ms / 1_000).toFixed(1)} s`, 'red');
  return span(`${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`, ms >= 250 ? 'yellow' : 'plain');
}

function cpuCell(cpu: number | undefined): Span {
  if (cpu === undefined) return span('–', 'dim');
  return span(`${Math.round(cpu * 100)} %`, cpu < 0.005 ? 'dim' : 'plain');
}

function eventLines(events: readonly UpEvent[], count: number): Span[][] {
  if (count <= 0) return [];
  const shown = events.slice(-count);
  const size = Math.max(0, ...shown.map(({ process }) => process.length));
  return shown.map(({ time, process, text, level }) => [
    span(`${MARGIN}${time}  `, 'dim'),
    span(`${process.padEnd(size)}  `, 'bold'),
    span(text, level === 'warn' ? 'yellow' : 'plain'),
  ]);
}

/** `0:03`, `12:34`, `1:02:03`. */
export function formatElapsed(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(seconds / 3_600);
  return hours > 0 ? `${hours}:${parts.join(':')}` : parts.join(':').replace(/^0/, '');
}

function padded(text: string, size: number, align: Column['align']): string {
  return align === 'left' ? text.padEnd(size) : text.padStart(size);
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { text }) => sum + text.length, 0);
}

/** A line that is too long would wrap, and spoil the count of lines. */
function cut(spans: readonly Span[], width: number): Span[] {
  let left = width;
  return spans.flatMap(({ text, style }) => {
    if (left <= 0) return [];
    const shown = text.length > left ? `${text.slice(0, left - 1)}…` : text;
    left -= text.length;
    return [span(shown, style)];
  });
}

function paint(spans: readonly Span[], colour: boolean): string {
  const text = spans.map(({ text: part, style }) =>
    colour && style !== 'plain' ? `\u001b[${STYLES[style]}m${part}\u001b[0m` : part,
  );
  return text.join('').trimEnd();
}
