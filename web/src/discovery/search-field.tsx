/** Where one says what to look for. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { navigate } from '../navigation/location.ts';
import { Icon } from '../ui/icon.tsx';
import './discovery.css';

export type SearchType = 'posts' | 'users' | 'tags';

/** Of the results, so that they can be passed on. */
export function addressOf(q: string, type: SearchType): string {
  return `/search?${new URLSearchParams({ q, type })}`;
}

export interface SearchFieldProps {
  /** What was looked for. */
  readonly q?: string;
  readonly type?: SearchType;
  /** At once, where there is a keyboard. */
  readonly takesFocus?: boolean;
}

export function SearchField({ q = '', type = 'posts', takesFocus = false }: SearchFieldProps) {
  const [text, setText] = useState(q);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (takesFocus && matchMedia('(hover: hover)').matches) field.current?.focus();
  }, []);
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers that have no search element are still about
    <form
      role="search"
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') navigate(addressOf(text.trim(), type));
      }}
    >
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label="Search posts, people and tags"
        placeholder="Search"
        maxLength={200}
        enterkeyhint="search"
        dir="auto"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
    </form>
  );
}
