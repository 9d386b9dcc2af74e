/** A list that is fetched page by page as its end comes near. */
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Problem, toProblem } from '../api/problem.ts';
import type { Page } from '../api/types.ts';
import { Failure, Skeleton } from './states.tsx';

/** So far before its end is seen, the next page is asked for. */
const AHEAD = '1200px';

export interface Items<Item> {
  readonly items: ReadonlySignal<readonly Item[]>;
  readonly isLoading: ReadonlySignal<boolean>;
  readonly isComplete: ReadonlySignal<boolean>;
  readonly problem: ReadonlySignal<Problem | undefined>;
  more(): Promise<void>;
  /** Changes what is shown without asking the server. */
  change(change: (items: readonly Item[]) => readonly Item[]): void;
  /** From the first page on, anew. */
  reload(): Promise<void>;
}

export function createItemList<Item>(load: (pageToken: string | null) => Promise<Page<Item>>): Items<Item> {
  const items = signal<readonly Item[]>([]);
  const isLoading = signal(false);
  const isComplete = signal(false);
  const problem = signal<Problem>();
  let nextToken: string | null = null;

  async function fetchPage(keeps: boolean): Promise<void> {
    isLoading.value = true;
    problem.value = undefined;
    try {
      const page = await load(nextToken);
      batch(() => {
        // As they are by now: some may have been changed while the page was on its way.
        items.value = keeps ? [...items.value, ...page.items] : page.items;
        nextToken = page.next_page_token;
        isComplete.value = nextToken === null;
      });
    } catch (error) {
      problem.value = toProblem(error);
    } finally {
      isLoading.value = false;
    }
  }

  return {
    items,
    isLoading,
    isComplete,
    problem,
    async more() {
      if (!isLoading.value && !isComplete.value) await fetchPage(true);
    },
    change(change) {
      items.value = change(items.value);
    },
    async reload() {
      nextToken = null;
      isComplete.value = false;
      await fetchPage(false);
    },
  };
}

export interface ItemListProps<Item> {
  readonly list: Items<Item>;
  /** What failed, if it does. */
  readonly what: string;
  readonly keyOf: (item: Item) => string;
  readonly show: (item: Item) => ComponentChildren;
  readonly empty: ComponentChildren;
}

export function ItemList<Item>({ list, what, keyOf, show, empty }: ItemListProps<Item>) {
  const { items, isLoading, isComplete, problem } = list;
  useEffect(() => {
    if (items.value.length === 0) void list.more();
  }, [list]);
  return (
    <>
      {items.value.length > 0 && (
        <ul aria-busy={isLoading.value}>
          {items.value.map((item) => (
            <li key={keyOf(item)}>{show(item)}</li>
          ))}
        </ul>
      )}
      {isComplete.value && items.value.length === 0 && empty}
      {problem.value !== undefined && (
        <Failure what={what} problem={problem.value} onRetry={() => void list.more()} />
      )}
      {isLoading.value && <Skeleton rows={items.value.length === 0 ? 4 : 1} />}
      {!isComplete.value && problem.value === undefined && <EndMark onNear={() => void list.more()} />}
    </>
  );
}

/** Tells when the end of a list comes near. */
export function EndMark({ onNear }: { readonly onNear: () => void }) {
  const mark = useRef<HTMLDivElement>(null);
  const latest = useRef(onNear);
  latest.current = onNear;
  useEffect(() => {
    const observer = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) latest.current();
      },
      { rootMargin: AHEAD },
    );
    if (mark.current !== null) observer.observe(mark.current);
    return () => observer.disconnect();
  });
  return <div ref={mark} />;
}
