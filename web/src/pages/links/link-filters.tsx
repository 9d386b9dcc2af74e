/** Narrows the list: by words, a tag, or whether they lead anywhere. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { STATE_NAMES } from './link-state.tsx';

/** After the last key. */
const SEARCH_AFTER_MS = 300;

export const FILTERS = ['search', 'tag', 'state', 'target'] as const;
export type Filters = Readonly<Record<(typeof FILTERS)[number], string>>;

export function LinkFilters(props: {
  readonly filters: Filters;
  /** Of the links that were loaded. */
  readonly tags: readonly string[];
  readonly onNarrow: (change: Partial<Filters>) => void;
}) {
  const { filters, tags, onNarrow } = props;
  const [text, setText] = useState(filters.search);
  const latest = useRef(onNarrow);
  latest.current = onNarrow;
  useEffect(() => {
    if (text.trim() === filters.search) return undefined;
    const timer = setTimeout(() => latest.current({ search: text.trim() }), SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const shownTags = filters.tag === '' || tags.includes(filters.tag) ? tags : [filters.tag, ...tags];
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers that have no search element are still about
    <form
      role="search"
      class="link-filters"
      onSubmit={(event) => {
        event.preventDefault();
        onNarrow({ search: text.trim() });
      }}
    >
      <div class="link-search">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search your links"
          placeholder="Search title, target or code"
          maxLength={100}
          enterkeyhint="search"
          dir="auto"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </div>
      <Choice
        label="Tag"
        value={filters.tag}
        choices={[['', 'All tags'], ...shownTags.map((tag) => [tag, `#${tag}`] as const)]}
        onChoose={(tag) => onNarrow({ tag })}
      />
      <Choice
        label="State"
        value={filters.state}
        choices={[['', 'All states'], ...Object.entries(STATE_NAMES)]}
        onChoose={(state) => onNarrow({ state })}
      />
      <Choice
        label="Target"
        value={filters.target}
        choices={[
          ['', 'All targets'],
          ['dead', 'Not found'],
        ]}
        onChoose={(target) => onNarrow({ target })}
      />
      {FILTERS.some((name) => filters[name] !== '') && (
        <Button
          tone="quiet"
          onClick={() => {
            setText('');
            onNarrow({ search: '', tag: '', state: '', target: '' });
          }}
        >
          Show all
        </Button>
      )}
    </form>
  );
}

function Choice(props: {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, label: string])[];
  readonly onChoose: (value: string) => void;
}) {
  const { label, value, choices, onChoose } = props;
  return (
    <select aria-label={label} value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
      {choices.map(([each, name]) => (
        <option key={each} value={each}>
          {name}
        </option>
      ))}
    </select>
  );
}
