/** Clicks of some batches, counted: by link, and of each by minute, hour and day. */
import type { Id } from '../../../core/ids.ts';
import type { BatchedClick } from '../clicks/click-batch.ts';
import { Breakdown } from './breakdown.ts';
import { type Grain, startOf } from './grain.ts';
import { VisitorSketch } from './visitor-sketch.ts';

export interface ClickCounts {
  humans: number;
  bots: number;
  previews: number;
}

export interface CountedSpan extends ClickCounts {
  readonly grain: Grain;
  readonly startMs: number;
  readonly visitors: VisitorSketch;
}

export interface CountedDay {
  readonly startMs: number;
  readonly breakdown: Breakdown;
}

export interface LinkTally extends ClickCounts {
  readonly linkId: Id;
  firstMs: number;
  lastMs: number;
  /** Nearly always one, and few more: what is counted together was clicked at about the same time. */
  readonly minutes: CountedSpan[];
  /** Of humans; few as well. */
  readonly days: CountedDay[];
}

export interface ClickTally {
  /** Keeps nothing of `click` itself. */
  add(click: BatchedClick): void;
  readonly links: ReadonlyMap<Id, LinkTally>;
}

export function createClickTally(): ClickTally {
  const links = new Map<Id, LinkTally>();
  return {
    links,
    add(click) {
      const link = linkOf(links, click);
      link.firstMs = Math.min(link.firstMs, click.atMs);
      link.lastMs = Math.max(link.lastMs, click.atMs);
      count(link, click);
      const minute = spanOf(link.minutes, 'minute', startOf('minute', click.atMs));
      count(minute, click);
      if (click.clickClass !== 'human') return;
      if (click.visitor !== 0) minute.visitors.add(click.visitor);
      breakdownOf(link, click.atMs).add(click.values);
    },
  };
}

/** By minute, hour and day: the latter two are what their minutes are together. */
export function spansOf({ minutes }: LinkTally): readonly CountedSpan[] {
  const spans = [...minutes];
  for (const grain of ['hour', 'day'] as const) {
    for (const minute of minutes) {
      const span = spanOf(spans, grain, startOf(grain, minute.startMs));
      span.humans += minute.humans;
      span.bots += minute.bots;
      span.previews += minute.previews;
      span.visitors.addAll(minute.visitors);
    }
  }
  return spans;
}

function count(counts: ClickCounts, { clickClass }: BatchedClick): void {
  if (clickClass === 'human') counts.humans += 1;
  else if (clickClass === 'bot') counts.bots += 1;
  else counts.previews += 1;
}

function linkOf(links: Map<Id, LinkTally>, { linkId, atMs }: BatchedClick): LinkTally {
  const known = links.get(linkId);
  if (known !== undefined) return known;
  const link: LinkTally = {
    linkId,
    humans: 0,
    bots: 0,
    previews: 0,
    firstMs: atMs,
    lastMs: atMs,
    minutes: [],
    days: [],
  };
  links.set(linkId, link);
  return link;
}

/** The one of them, or a new one among them. */
function spanOf(spans: CountedSpan[], grain: Grain, startMs: number): CountedSpan {
  for (const span of spans) if (span.startMs === startMs && span.grain === grain) return span;
  const span = { grain, startMs, humans: 0, bots: 0, previews: 0, visitors: new VisitorSketch() };
  spans.push(span);
  return span;
}

function breakdownOf({ days }: LinkTally, atMs: number): Breakdown {
  const startMs = startOf('day', atMs);
  for (const day of days) if (day.startMs === startMs) return day.breakdown;
  const breakdown = new Breakdown();
  days.push({ startMs, breakdown });
  return breakdown;
}
