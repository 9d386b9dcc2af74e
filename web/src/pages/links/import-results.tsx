/** What became of the rows, or would: how many of each, and one after the other. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ImportResult } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { countText } from '../../ui/count.tsx';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { type ImportRun, OUTCOMES, type Outcome } from './import-run.ts';

const TEXTS: Readonly<Record<Outcome, { icon: IconName; word: string; means: string }>> = {
  kept: { icon: 'check', word: 'Kept', means: 'with its code' },
  renamed: { icon: 'repost', word: 'Renamed', means: 'with a new code' },
  created: { icon: 'plus', word: 'New', means: 'it had no code' },
  skipped: { icon: 'close', word: 'Skipped', means: 'not taken over' },
};
const SHOWN_AT_ONCE = 200;
const exact = new Intl.NumberFormat('en');

export function ImportResults({
  run,
  rowCount,
}: {
  readonly run: ImportRun;
  readonly rowCount: number | undefined;
}) {
  const [only, setOnly] = useState<Outcome>();
  const [shownCount, setShownCount] = useState(SHOWN_AT_ONCE);
  const { isTrial } = run;
  const results = run.results.value;
  const fitting = only === undefined ? results : results.filter(({ outcome }) => outcome === only);
  const isRunning = run.isRunning.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The button that was pressed is gone.
    if (!isTrial && !isRunning) heading.current?.focus();
  }, [isRunning]);
  return (
    <section
      class="import-results"
      aria-label={isTrial ? 'What would become of the rows' : 'What became of the rows'}
    >
      <h2 ref={heading} tabIndex={-1}>
        {headingOf(isTrial, isRunning)}
      </h2>
      {isRunning && <progress aria-label="Rows" value={rowCount && results.length} max={rowCount} />}
      <p class="figures">
        {countText(results.length, 'row', 'rows')}
        {rowCount !== undefined && ` of ${exact.format(rowCount)}`}
      </p>
      <fieldset class="import-outcomes">
        <legend class="unseen">Show only</legend>
        {OUTCOMES.map((outcome) => (
          <button
            key={outcome}
            type="button"
            class="import-outcome"
            aria-pressed={only === outcome}
            onClick={() => setOnly(only === outcome ? undefined : outcome)}
          >
            <Icon name={TEXTS[outcome].icon} />
            <span>
              <strong class="figures">{exact.format(run.counts.value[outcome])}</strong>{' '}
              {TEXTS[outcome].word.toLowerCase()}
              <br />
              <span class="muted small">{TEXTS[outcome].means}</span>
            </span>
          </button>
        ))}
      </fieldset>
      <ol class="import-rows">
        {fitting.slice(0, shownCount).map((result) => (
          <ImportRow key={result.row} result={result} isTrial={isTrial} />
        ))}
      </ol>
      {fitting.length > shownCount && (
        <Button onClick={() => setShownCount(shownCount + SHOWN_AT_ONCE)}>
          Show more of {exact.format(fitting.length)} rows
        </Button>
      )}
      {!isTrial && !isRunning && (
        <a class="button button-primary" href="/links">
          To your links
        </a>
      )}
    </section>
  );
}

function headingOf(isTrial: boolean, isRunning: boolean): string {
  if (isTrial) return isRunning ? 'Trying…' : 'What would happen';
  return isRunning ? 'Importing…' : 'Imported';
}

function ImportRow({ result, isTrial }: { readonly result: ImportResult; readonly isTrial: boolean }) {
  const { row, outcome, source_code: source, code, link_id: linkId, reason, notes } = result;
  const { icon, word } = TEXTS[outcome];
  return (
    <li class="import-row">
      <span class="muted figures">
        <span class="unseen">Row </span>
        {row}
      </span>
      <span class={`import-word import-${outcome}`}>
        <Icon name={icon} />
        {word}
      </span>
      <div>
        <p>
          {source !== null && <bdi>{source}</bdi>}
          {code !== null && code !== source && (
            <>
              {' → '}
              <bdi>{code}</bdi>
            </>
          )}
          {code === null && isTrial && outcome !== 'skipped' && <span class="muted"> → a new code</span>}
          {linkId !== null && (
            <>
              {' '}
              <a href={`/links/${linkId}`}>Open</a>
            </>
          )}
        </p>
        {[reason, ...notes].map((text) => text && <p class="muted small">{text}</p>)}
      </div>
    </li>
  );
}
