/** Names with their counts, the most first, each with a bar of its share. The numbers stand there: it is its own table. */
import { useState } from 'preact/hooks';
import { Button } from '../button.tsx';
import './bar-list.css';

export interface BarListRow {
  readonly key: string;
  readonly name: string;
  readonly count: number;
}

const SHOWN_FIRST = 6;
const exact = new Intl.NumberFormat('en');
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });

export function BarList({ title, rows }: { readonly title: string; readonly rows: readonly BarListRow[] }) {
  const [isWhole, setWhole] = useState(false);
  const most = Math.max(...rows.map(({ count }) => count), 1);
  const sum = rows.reduce((total, { count }) => total + count, 0);
  const shown = isWhole ? rows : rows.slice(0, SHOWN_FIRST);
  return (
    <section class="bar-list">
      <h3>{title}</h3>
      {rows.length === 0 ? (
        <p class="muted small">Nothing in these days.</p>
      ) : (
        <ol>
          {shown.map(({ key, name, count }) => (
            <li key={key} class="bar-list-row">
              <span class="bar-list-bar" style={{ width: `${(count / most) * 100}%` }} aria-hidden="true" />
              <bdi class="bar-list-name">{name}</bdi>
              <span class="figures">{exact.format(count)}</span>
              <span class="bar-list-share figures muted small">{percent.format(count / sum)}</span>
            </li>
          ))}
        </ol>
      )}
      {rows.length > SHOWN_FIRST && (
        <Button tone="quiet" size="small" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show all ${rows.length}`}
        </Button>
      )}
    </section>
  );
}
