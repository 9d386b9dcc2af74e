/** Short links of one's own: a field that makes them, and the list. What the list is narrowed to is in the address. */
import { type Signal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Link, LinkState, Page } from '../../api/types.ts';
import { entry, keptBy, replaceQuery } from '../../navigation/location.ts';
import { deletedLinks, loadWeeks, takeLink } from '../../state/links.ts';
import { isSignedIn } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';
import { FILTERS, type Filters, LinkFilters } from './link-filters.tsx';
import { NewLink } from './new-link.tsx';
import { createLinkSelection } from './selection/link-selection.ts';
import { SelectableRow } from './selection/selectable-row.tsx';
import { SelectionBar } from './selection/selection-bar.tsx';
import './links-page.css';

const PAGE = 20;
export function LinksPage() {
  return isSignedIn.value ? <Links /> : <SignInFirst title="Links" what="your short links" />;
}

function Links() {
  const [visit] = useState(() => entry.value);
  const [, setCount] = useState(0);
  const [selection] = useState(createLinkSelection);
  const isSelecting = selection.isOn.value;
  const wasSelecting = useRef(false);
  const tools = useRef<HTMLDivElement>(null);
  const { query } = entry.value;
  const filters: Filters = {
    search: query.get('search') ?? '',
    tag: query.get('tag') ?? '',
    state: query.get('state') ?? '',
    target: query.get('target') ?? '',
  };
  const isFiltered = FILTERS.some((name) => filters[name] !== '');
  const list = keptBy(visit, `links ${JSON.stringify(filters)}`, () => createLinkList(filters));
  // Read here, so that the tags to choose from grow with the list.
  const tags = [...new Set(list.items.value.flatMap(({ value }) => value.tags))].sort();

  useSignalEffect(() => {
    const gone = deletedLinks.value;
    if (list.items.peek().some((link) => gone.has(link.peek().link_id)))
      list.change((links) => links.filter((link) => !gone.has(link.peek().link_id)));
  });
  useEffect(() => setCount((count) => count + 1), [list]);
  // What is not in the list is not selected: nobody deletes what they do not see.
  useEffect(() => selection.set([]), [list]);
  const shown = list.items.value.map((link) => link.peek().link_id);

  useEffect(() => {
    // Where it began, the focus goes on.
    if (wasSelecting.current && !isSelecting) tools.current?.querySelector('button')?.focus();
    wasSelecting.current = isSelecting;
  }, [isSelecting]);

  function narrow(change: Partial<Filters>): void {
    const wanted = { ...filters, ...change };
    replaceQuery(
      new URLSearchParams(FILTERS.flatMap((name) => (wanted[name] === '' ? [] : [[name, wanted[name]]]))),
    );
  }

  function add(link: Signal<Link>): void {
    const plain = keptBy(
      visit,
      `links ${JSON.stringify({ search: '', tag: '', state: '', target: '' })}`,
      () => createLinkList({ search: '', tag: '', state: '', target: '' }),
    );
    for (const each of new Set([plain, list])) each.change((links) => [link, ...links]);
    void loadWeeks([link.value.link_id]);
  }

  return (
    <>
      <PageHead title="Links" isRoot>
        <div class="link-ways">
          <a class="button button-quiet" href="/links/domains">
            <Icon name="globe" />
            Domains
          </a>
          <a class="button button-quiet" href="/links/import">
            <Icon name="upload" />
            Import
          </a>
          <a
            class="button button-quiet"
            href="/api/v1/links/export?format=csv"
            download="links.csv"
            title="All your links as a table"
          >
            <Icon name="download" />
            Export
          </a>
        </div>
      </PageHead>
      <NewLink onMade={add} />
      {(isFiltered || list.items.value.length > 0) && (
        <LinkFilters filters={filters} tags={tags} onNarrow={narrow} />
      )}
      {shown.length > 0 && (
        <div class="link-tools" ref={tools} hidden={isSelecting}>
          <a
            class="button button-quiet button-small"
            href="/api/v1/links/clicks/export?format=csv"
            download="clicks.csv"
            title="Clicks of all your links by day, as a table"
          >
            <Icon name="download" />
            Download clicks
          </a>
          <Button tone="quiet" size="small" icon="check" onClick={selection.begin}>
            Select several
          </Button>
        </div>
      )}
      {isSelecting && <SelectionBar selection={selection} shown={shown} />}
      <ItemList
        key={JSON.stringify(filters)}
        list={list}
        what="The links could not be loaded"
        keyOf={(link) => link.peek().link_id}
        show={(link) => (
          <SelectableRow link={link} selection={selection} shown={shown} onTag={(tag) => narrow({ tag })} />
        )}
        empty={isFiltered ? <NoneFit /> : <FirstLink />}
      />
    </>
  );
}

function createLinkList({ search, tag, state, target }: Filters) {
  return createItemList<Signal<Link>>(async (pageToken) => {
    const page = await get<Page<Link>>('/links', {
      query: {
        limit: PAGE,
        page_token: pageToken ?? undefined,
        search: search || undefined,
        tag: tag || undefined,
        state: (state as LinkState) || undefined,
        target: target || undefined,
      },
    });
    void loadWeeks(page.items.map(({ link_id: id }) => id));
    return { ...page, items: page.items.map(takeLink) };
  });
}

function NoneFit() {
  return (
    <Empty title="No link of yours fits">
      <p class="muted">Title, target and code are searched. Try fewer letters, or take a filter away.</p>
    </Empty>
  );
}

function FirstLink() {
  return (
    <Empty title="Your short links will be here">
      <ol class="link-lessons muted">
        <li>Paste a long address above and press Enter: the short link is made and copied.</li>
        <li>Pass it on, in a post, on a poster as a QR code, or in a mail.</li>
        <li>Come back to see how many people opened it, when, and from where. Nobody’s address is stored.</li>
      </ol>
      <p class="muted">
        Coming from another shortener? <a href="/links/import">Bring your links along</a>.
      </p>
    </Empty>
  );
}
