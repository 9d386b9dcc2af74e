/** How many people, and when: the figures of the range, the chart, and the same as a table. */
import { useId, useState } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { BarChart } from '../../ui/charts/bar-chart.tsx';
import { Legend, type Shape } from '../../ui/charts/legend.tsx';
import { countText } from '../../ui/count.tsx';
import { Checkbox } from '../../ui/field.tsx';
import { type ClickBar, changeOf, clickBars } from './click-bars.ts';
import type { Shown } from './link-statistics.ts';

const exact = new Intl.NumberFormat('en');
const change = new Intl.NumberFormat('en', {
  style: 'percent',
  maximumFractionDigits: 0,
  signDisplay: 'exceptZero',
});

export function ClickFigures(props: {
  readonly shown: Shown;
  readonly withBots: boolean;
  readonly onBots: (withBots: boolean) => void;
}) {
  const { shown, withBots, onBots } = props;
  const [isTable, setTable] = useState(false);
  const tableId = useId();
  const bars = clickBars(shown, withBots, Date.now());
  const { humans, unique, bots, previews } = shown.now.total;
  const changed = changeOf(bars);
  const hidden = `${countText(bots, 'request of a bot', 'requests of bots')} and ${countText(previews, 'preview', 'previews')}`;
  return (
    <>
      <dl class="click-totals">
        <div>
          <dt>Clicks by people</dt>
          <dd class="figures">{exact.format(humans)}</dd>
          {changed !== undefined && (
            <dd class="muted small">
              {changed < 0 ? '▼' : '▲'} {change.format(changed)} on the period before, so far
            </dd>
          )}
        </div>
        <div>
          <dt>Different visitors</dt>
          <dd class="figures">{exact.format(unique)}</dd>
          <dd class="muted small">Each once a day, an estimate</dd>
        </div>
      </dl>
      <BarChart name="Clicks by people over time" bars={bars} />
      <Legend entries={legendOf(bars, withBots)} />
      <Checkbox
        label="Show bots and previews"
        hint={`${hidden} ${withBots ? 'are the hollow boxes' : 'are not among the clicks'}.`}
        checked={withBots}
        onChange={onBots}
      />
      <Button size="small" aria-expanded={isTable} aria-controls={tableId} onClick={() => setTable(!isTable)}>
        {isTable ? 'Hide the table' : 'Show as table'}
      </Button>
      <div id={tableId}>{isTable && <ClickTable bars={bars} withBots={withBots} />}</div>
    </>
  );
}

function legendOf(bars: readonly ClickBar[], withBots: boolean): readonly (readonly [Shape, string])[] {
  return [
    ['bar', 'Clicks by people'],
    ...(bars.some(({ state }) => state === 'unfinished') ? [['unfinished', 'Goes on'] as const] : []),
    ...(withBots ? [['other', 'Bots and previews'] as const] : []),
    ...(bars.some(({ before }) => before !== undefined) ? [['before', 'The period before'] as const] : []),
  ];
}

function ClickTable({ bars, withBots }: { readonly bars: readonly ClickBar[]; readonly withBots: boolean }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard
    <section class="table-box" tabIndex={0} aria-label="Clicks as a table">
      <table class="table figures">
        <thead>
          <tr>
            <th scope="col">When (UTC)</th>
            <th scope="col">Clicks</th>
            <th scope="col">Visitors</th>
            {withBots && <th scope="col">Bots</th>}
            {withBots && <th scope="col">Previews</th>}
            <th scope="col">Before</th>
          </tr>
        </thead>
        <tbody>
          {bars
            .filter(({ state }) => state !== 'to_come')
            .map(({ name, point, before, state }) => (
              <tr key={name}>
                <th scope="row">
                  {name}
                  {state === 'unfinished' && ' (goes on)'}
                </th>
                <td>{exact.format(point.humans)}</td>
                <td>{exact.format(point.unique)}</td>
                {withBots && <td>{exact.format(point.bots)}</td>}
                {withBots && <td>{exact.format(point.previews)}</td>}
                <td>{before === undefined ? '–' : exact.format(before)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}
