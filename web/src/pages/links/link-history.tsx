/** Where it led before, the newest first. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Link, LinkChange, Page } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { countText } from '../../ui/count.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { Time } from '../../ui/time.tsx';

const PAGE = 20;

export function LinkHistory({ link }: { readonly link: Link }) {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'history', () =>
    createItemList<LinkChange>((pageToken) =>
      get<Page<LinkChange>>(`/links/${link.link_id}/history`, {
        query: { limit: PAGE, page_token: pageToken ?? undefined },
      }),
    ),
  );
  const target = `${link.url} ${link.fallback_url} ${JSON.stringify(link.rules)}`;
  const seen = useRef(target);
  useEffect(() => {
    if (seen.current === target) return;
    seen.current = target;
    void list.reload();
  }, [target]);
  return (
    <section class="link-history" aria-label="Where it led before">
      <h2>Where it led</h2>
      <p class="link-change">
        <strong>Now</strong> {link.url}
      </p>
      <ItemList
        list={list}
        what="The history could not be loaded"
        keyOf={({ changed_at: at }) => at}
        show={({ url, rules, fallback_url: fallback, changed_at: at }) => (
          <p class="link-change">
            <span class="muted">
              Until <Time at={at} long />
              {rules.length > 0 && `, with ${countText(rules.length, 'rule', 'rules')}`}
            </span>{' '}
            {url}
            {fallback !== null && (
              <>
                <span class="muted"> and afterwards to </span>
                {fallback}
              </>
            )}
          </p>
        )}
        empty={<p class="muted small">It has always led there.</p>}
      />
    </section>
  );
}
