import { useId } from 'preact/hooks';
import { countText } from '../ui/count.tsx';
import { useLoaded } from '../ui/use-loaded.ts';
import './discovery.css';

interface Trend {
  readonly tag: string;
  readonly author_count: number;
}

/** What many speak of now. */
export function Trends({ atMost = 10 }: { readonly atMost?: number }) {
  const id = useId();
  const { answer: trends } = useLoaded<{ readonly items: readonly Trend[] }>(`/trends/tags?limit=${atMost}`);
  if (trends === undefined || trends.items.length === 0) return null;
  return (
    <section class="discover" aria-labelledby={id}>
      <h2 id={id}>What people speak of</h2>
      <ol>
        {trends.items.map(({ tag, author_count: count }) => (
          <li key={tag}>
            <a class="tag-row" href={`/tags/${encodeURIComponent(tag)}`}>
              <strong dir="auto">#{tag}</strong>
              <span class="muted small">{countText(count, 'person', 'people')}</span>
            </a>
          </li>
        ))}
      </ol>
    </section>
  );
}
