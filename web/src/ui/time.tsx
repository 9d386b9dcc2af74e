/** When something was: short in lists, whole on hovering and for programs. */
import { signal } from '@preact/signals';

const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 30_000);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const sameYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const otherYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });

export function Time({ at, long = false }: { readonly at: string; readonly long?: boolean }) {
  const date = new Date(at);
  const text = long ? whole.format(date) : shortTime(date, now.value);
  return (
    <time dateTime={at} title={whole.format(date)} class="figures">
      {text}
    </time>
  );
}

export function shortTime(date: Date, nowMs: number): string {
  const ms = nowMs - date.getTime();
  if (ms < MINUTE) return 'now';
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h`;
  if (ms < 7 * DAY) return `${Math.floor(ms / DAY)}d`;
  return date.getFullYear() === new Date(nowMs).getFullYear()
    ? sameYear.format(date)
    : otherYear.format(date);
}
