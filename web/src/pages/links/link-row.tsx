/** A link in a list. */
import type { Signal } from '@preact/signals';
import type { Link } from '../../api/types.ts';
import { weekOf } from '../../state/links.ts';
import { Sparkline } from '../../ui/charts/sparkline.tsx';
import { compactCount, countText } from '../../ui/count.tsx';
import { Time } from '../../ui/time.tsx';
import { CopyLink, shortText } from './copy-link.tsx';
import { LinkMenu } from './link-menu.tsx';
import { LinkBadges } from './link-state.tsx';

export function LinkRow({
  link,
  onTag,
}: {
  readonly link: Signal<Link>;
  readonly onTag: (tag: string) => void;
}) {
  const {
    link_id: id,
    short_url: url,
    url: target,
    title,
    tags,
    visit_count: count,
    created_at: at,
  } = link.value;
  const week = weekOf(id).value;
  const short = shortText(url);
  return (
    <article class="link-row" aria-label={title === '' ? short : `${title}, ${short}`}>
      <div class="link-row-names">
        <p class="link-row-short">
          <a href={`/links/${id}`}>{short}</a>
          <CopyLink url={url} />
        </p>
        {title !== '' && (
          <p class="link-row-title" dir="auto">
            {title}
          </p>
        )}
        <p class="link-row-target muted small" title={target}>
          <span class="unseen">leads to </span>
          {shortText(target)}
        </p>
      </div>
      <p class="link-row-clicks">
        <strong class="figures" title={countText(count, 'click', 'clicks')}>
          {compactCount(count)}
        </strong>{' '}
        <span class="muted small">{count === 1 ? 'click' : 'clicks'}</span>
        {week !== undefined && <Sparkline values={week} label={weekText(week)} />}
      </p>
      <div class="link-row-menu">
        <LinkMenu link={link} />
      </div>
      <div class="link-row-more link-facts">
        <span class="muted small">
          Made <Time at={at} />
        </span>
        <LinkBadges link={link.value} />
        {tags.map((tag) => (
          <button key={tag} type="button" class="link-tag" onClick={() => onTag(tag)}>
            <span class="unseen">Show links with the tag </span>
            <span aria-hidden="true">#</span>
            <bdi>{tag}</bdi>
          </button>
        ))}
      </div>
    </article>
  );
}

function weekText(week: readonly number[]): string {
  return `People per day, the last ${week.length} days: ${week.join(', ')}`;
}
