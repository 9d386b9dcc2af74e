/**
 * Until when a tail has heard everything, told from what each look finds.
 *
 * A look sees log and outbox in one snapshot. What was committed before it began is in the log, and so heard with it,
 * or among the rows of the outbox that are not moved yet, whose ids are known. Transactions draw ids in order and
 * commit in any, so a later look may find smaller ids than an earlier one. But once a look finds only ids above all
 * that an earlier one found, those have reached the log, and all that was committed before the earlier one is heard.
 * No clock of the server is asked, which might jump.
 */

/** Older marks pass first, so newer ones can be left out while nothing is moved. */
const MARKS_MAX = 64;

export interface Look {
  /** Counts up. */
  readonly number: number;
  /** Read before its statement was sent. */
  readonly startMs: number;
  /** All that its snapshot had in the log has been heard. */
  readonly complete: boolean;
  /** Between which ids the rows are that it found in the outbox, if there were any. */
  readonly unmoved: { readonly firstId: number; readonly lastId: number } | undefined;
}

export interface HeardUntil {
  /** Takes the looks in order. */
  looked(look: Look): void;
  ms(): number;
  /** The last look before whose beginning all is heard; 0 before the first. */
  look(): number;
  /** Since when something has waited to be moved; `undefined` while nothing does. */
  waitingSinceMs(): number | undefined;
}

interface Mark {
  readonly number: number;
  readonly startMs: number;
  readonly lastId: number;
}

export function createHeardUntil(): HeardUntil {
  // What stands in the outbox when it begins is heard with what follows.
  let heard = { number: 0, startMs: Number.NEGATIVE_INFINITY };
  let marks: Mark[] = [];

  return {
    looked({ number, startMs, complete, unmoved }) {
      if (complete) {
        const passed = marks.findLast(({ lastId }) => unmoved === undefined || lastId < unmoved.firstId);
        heard = unmoved === undefined ? { number, startMs } : (passed ?? heard);
        marks = marks.filter((mark) => mark.number > heard.number);
      }
      if (unmoved === undefined || marks.length === MARKS_MAX) return;
      marks.push({ number, startMs, lastId: unmoved.lastId });
    },
    ms: () => heard.startMs,
    look: () => heard.number,
    waitingSinceMs: () => marks[0]?.startMs,
  };
}
