import { countText } from '../../ui/count.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';

interface Trend {
  readonly tag: string;
  readonly author_count: number;
}

/** What many speak of now. */
export function Trends() {
  const { answer: trends } = useLoaded<{ readonly items: readonly Trend[] }>('/trends/tags?limit=10');
  if (trends === undefined || trends.items.length === 0) return null;
  return (
    <section class="discover" aria-labelledby="trends">
      <h2 id="trends">What people speak of</h2>
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
