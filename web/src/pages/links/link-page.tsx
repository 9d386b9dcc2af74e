/** A link of one's own: where it leads, and who opened it, in the order in which people ask. */
import { type Signal, useSignalEffect } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { Link } from '../../api/types.ts';
import { entry, navigate } from '../../navigation/location.ts';
import type { PageProps } from '../../navigation/routes.ts';
import { deletedLinks, findLink, loadLink } from '../../state/links.ts';
import { isSignedIn } from '../../state/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { shortText } from './copy-link.tsx';
import { LinkClicks } from './link-clicks.tsx';
import { LinkHead } from './link-head.tsx';
import { LinkHistory } from './link-history.tsx';
import { LinkMenu } from './link-menu.tsx';
import './links-page.css';
import './link-page.css';

export function LinkPage({ params }: PageProps) {
  const id = params['link_id'] ?? '';
  if (!isSignedIn.value) return <SignInFirst title="Link" what="the clicks of your links" />;
  return <OwnLink key={id} id={id} />;
}

function OwnLink({ id }: { readonly id: string }) {
  const [link, setLink] = useState<Signal<Link> | undefined>(() => findLink(id));
  const [problem, setProblem] = useState<Problem>();

  function load(): void {
    setProblem(undefined);
    loadLink(id).then(setLink, (error: unknown) => setProblem(toProblem(error)));
  }

  useEffect(load, []);
  useSignalEffect(() => {
    if (deletedLinks.value.has(id) && entry.peek().path === `/links/${id}`)
      navigate('/links', { replace: true });
  });

  // Also of an address that can be no link's.
  if (problem?.status === 404 || problem?.status === 422)
    return (
      <>
        <PageHead title="Link" />
        <Empty title="There is no such link of yours">
          <p class="muted">It may have been deleted, or it belongs to somebody else.</p>
          <a href="/links">To your links</a>
        </Empty>
      </>
    );
  if (link === undefined)
    return (
      <>
        <PageHead title="Link" />
        {problem === undefined ? (
          <Skeleton />
        ) : (
          <Failure what="The link could not be loaded" problem={problem} onRetry={load} />
        )}
      </>
    );
  const { title, short_url: url } = link.value;
  return (
    <>
      <PageHead title={title === '' ? shortText(url) : title}>
        <LinkMenu link={link} />
      </PageHead>
      <div class="link-page">
        <LinkHead link={link} />
        <LinkClicks linkId={id} total={link.value.visit_count} />
        <LinkHistory link={link.value} />
      </div>
    </>
  );
}
