/** A view that is painted over itself on a terminal, in place: what was there before stays above it. */
import type { WriteStream } from 'node:tty';
import { renderUp, type UpView } from './up-view.ts';

export interface UpScreen {
  paint(view: UpView): void;
}

export type Terminal = Pick<WriteStream, 'write' | 'columns' | 'rows'>;

const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_ALL = '\u001b[2J\u001b[H';
/** Terminals that know these show all of it at once; the others ignore them. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

export function createUpScreen(terminal: Terminal, { colour }: { readonly colour: boolean }): UpScreen {
  let painted = 0;
  let size = sizeOf(terminal);
  return {
    paint(view) {
      const now = sizeOf(terminal);
      const isResized = now.columns !== size.columns || now.rows !== size.rows;
      size = now;
      const lines = renderUp(view, { ...size, colour });
      // What was painted in another width has wrapped, nobody knows where.
      const back = isResized ? CLEAR_ALL : painted > 0 ? `\u001b[${painted}A\r` : '';
      const text = lines.map((line) => `${line}${CLEAR_LINE}\n`).join('');
      terminal.write(`${BEGIN}${back}${text}${CLEAR_BELOW}${END}`);
      painted = lines.length;
    },
  };
}

function sizeOf({ columns, rows }: Terminal): { readonly columns: number; readonly rows: number } {
  return { columns: columns || 80, rows: rows || 24 };
}
