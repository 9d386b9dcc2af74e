/** The clicks of a link as its page shows them: of a range, of the one before, and by what is known of visitors. */
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import { get } from '../../api/http.ts';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { LinkStatistics } from '../../api/types.ts';
import { loadLink } from '../../state/links.ts';
import { type LinkRange, rangeBefore } from './link-range.ts';

export const DIMENSIONS = ['country', 'referrer', 'device', 'browser', 'os', 'language'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface Shown {
  readonly range: LinkRange;
  readonly now: LinkStatistics;
  /** `undefined` where it is not kept any more. */
  readonly before: LinkStatistics | undefined;
}

export type Breakdowns = Partial<Record<Dimension, LinkStatistics>>;

export interface ShownStatistics {
  /** What was there stays while what was asked for comes. */
  readonly shown: ReadonlySignal<Shown | undefined>;
  readonly breakdowns: ReadonlySignal<Breakdowns>;
  readonly problem: ReadonlySignal<Problem | undefined>;
  /** When the server was heard last. */
  readonly heardAtMs: ReadonlySignal<number>;
  load(range: LinkRange, abort: AbortSignal): Promise<void>;
  /** Looks whether somebody has clicked since. */
  refresh(abort: AbortSignal): Promise<void>;
}

export function createShownStatistics(linkId: string): ShownStatistics {
  const shown = signal<Shown>();
  const breakdowns = signal<Breakdowns>({});
  const problem = signal<Problem>();
  const heardAtMs = signal(0);

  function ask(
    { fromMs, toMs, interval }: LinkRange,
    signal: AbortSignal,
    by?: Dimension,
  ): Promise<LinkStatistics> {
    const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
    return get<LinkStatistics>(`/links/${linkId}/stats`, { query: { from, to, interval, by }, signal });
  }

  async function askBreakdowns(range: LinkRange, abort: AbortSignal): Promise<void> {
    const daily = { ...range, interval: 'day' } as const;
    const answers = await Promise.all(
      DIMENSIONS.map(async (by) => [by, await ask(daily, abort, by)] as const),
    );
    if (!abort.aborted) breakdowns.value = Object.fromEntries(answers);
  }

  let wanted: LinkRange | undefined;

  async function load(range: LinkRange, abort: AbortSignal): Promise<void> {
    wanted = range;
    try {
      const [now, before] = await Promise.all([
        ask(range, abort),
        ask(rangeBefore(range, Date.now()), abort).catch(() => undefined),
        askBreakdowns(range, abort),
      ]);
      if (abort.aborted) return;
      batch(() => {
        shown.value = { range, now, before };
        heardAtMs.value = Date.now();
        problem.value = undefined;
      });
    } catch (error) {
      if (!abort.aborted) problem.value = toProblem(error);
    }
  }

  /** Fails silently: the age of the figures says it. */
  async function refreshShown(was: Shown, abort: AbortSignal): Promise<void> {
    try {
      const [now] = await Promise.all([ask(was.range, abort), loadLink(linkId, abort)]);
      if (abort.aborted || shown.value?.range !== was.range) return;
      batch(() => {
        shown.value = { ...was, now };
        heardAtMs.value = Date.now();
      });
      if (now.total.humans !== was.now.total.humans) await askBreakdowns(was.range, abort);
    } catch {
      // See above.
    }
  }

  return {
    ...{ shown, breakdowns, problem, heardAtMs, load },
    async refresh(abort) {
      const was = shown.value;
      if (was !== undefined && was.range === wanted) await refreshShown(was, abort);
      else if (wanted !== undefined) await load(wanted, abort);
    },
  };
}
