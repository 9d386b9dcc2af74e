/** Clicks of some batches, counted: by link, and of each by minute, hour and day. */
import type { Id } from '../../../core/ids.ts';
import type { BatchedClick } from '../clicks/click-batch.ts';
import { type Breakdown, createBreakdown } from './breakdown.ts';
import { GRAINS, type Grain, startOf } from './grain.ts';
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

export interface LinkTally extends ClickCounts {
  readonly linkId: Id;
  firstMs: number;
  lastMs: number;
  /** By grain and start. */
  readonly spans: Map<number, CountedSpan>;
  /** By the start of the day. */
  readonly breakdowns: Map<number, Breakdown>;
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
      for (const grain of GRAINS) {
        const span = spanOf(link, grain, click.atMs);
        count(span, click);
        if (click.clickClass === 'human') span.visitors.add(click.visitor);
      }
      if (click.clickClass === 'human') breakdownOf(link, click.atMs).add(click.values);
    },
  };
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
    ...{ linkId, humans: 0, bots: 0, previews: 0, firstMs: atMs, lastMs: atMs },
    ...{ spans: new Map(), breakdowns: new Map() },
  };
  links.set(linkId, link);
  return link;
}

function spanOf({ spans }: LinkTally, grain: Grain, atMs: number): CountedSpan {
  const startMs = startOf(grain, atMs);
  // Starts are whole minutes, so that there is room for the grain.
  const key = startMs + GRAINS.indexOf(grain);
  const known = spans.get(key);
  if (known !== undefined) return known;
  const span = { grain, startMs, humans: 0, bots: 0, previews: 0, visitors: new VisitorSketch() };
  spans.set(key, span);
  return span;
}

function breakdownOf({ breakdowns }: LinkTally, atMs: number): Breakdown {
  const dayMs = startOf('day', atMs);
  const known = breakdowns.get(dayMs);
  if (known !== undefined) return known;
  const breakdown = createBreakdown();
  breakdowns.set(dayMs, breakdown);
  return breakdown;
}
