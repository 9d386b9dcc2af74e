/** The frame, and in it the page of the address. A page that comes late leaves the one before where it is. */
import { useSignalEffect } from '@preact/signals';
import type { ComponentChild } from 'preact';
import { Component } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Problem, toProblem } from './api/problem.ts';
import { Frame } from './frame/frame.tsx';
import { type Entry, entry, restoreScroll, setParent } from './navigation/location.ts';
import { type Match, matchRoute, type Page, parentOf } from './navigation/routes.ts';
import { routes } from './pages.ts';
import { me } from './state/session.ts';
import { PageHead } from './ui/page.tsx';
import { Empty, Failure, Skeleton } from './ui/states.tsx';

interface Shown {
  readonly entry: Entry;
  readonly match: Match | undefined;
  readonly Page: Page | undefined;
}

const RELOADED = 'groundswell.reloaded';

export function App({ openSession }: { readonly openSession: () => Promise<void> }) {
  const [problem, setProblem] = useState<Problem>();

  function load(): void {
    setProblem(undefined);
    openSession().catch((error: unknown) => setProblem(toProblem(error)));
  }

  useEffect(load, []);
  return (
    <Frame>
      {me.value === undefined ? (
        problem === undefined ? (
          <Skeleton />
        ) : (
          <Failure what="Groundswell cannot be reached" problem={problem} onRetry={load} />
        )
      ) : (
        <Outlet />
      )}
    </Frame>
  );
}

function Outlet() {
  const [shown, setShown] = useState<Shown>();
  const [problem, setProblem] = useState<Problem>();
  const latest = useRef('');

  async function show(wanted: Entry): Promise<void> {
    latest.current = wanted.key;
    setProblem(undefined);
    const match = matchRoute(routes, wanted.path);
    try {
      const Page = await match?.route.load();
      if (latest.current === wanted.key) setShown({ entry: wanted, match, Page });
      sessionStorage.removeItem(RELOADED);
    } catch {
      reloadOnce(() => setProblem(new Problem('A part of the app could not be loaded.', { status: 0 })));
    }
  }

  useSignalEffect(() => void show(entry.value));
  useLayoutEffect(() => {
    if (shown === undefined) return;
    setParent(parentOf(routes, shown.entry.path));
    restoreScroll(shown.entry);
  }, [shown?.entry.key]);

  if (problem !== undefined)
    return <Failure what="This page is not here" problem={problem} onRetry={() => void show(entry.value)} />;
  if (shown === undefined) return <Skeleton />;
  const { match, Page } = shown;
  if (match === undefined || Page === undefined)
    return (
      <>
        <PageHead title="There is no such page" />
        <Empty title="Nothing is at this address">
          <a href="/">To the home timeline</a>
        </Empty>
      </>
    );
  return (
    <Boundary key={shown.entry.key}>
      <Page params={match.params} />
    </Boundary>
  );
}

/** The code of an older build is gone from the server: the new one is a reload away, but not one after the other. */
function reloadOnce(fail: () => void): void {
  if (sessionStorage.getItem(RELOADED) !== null) {
    fail();
    return;
  }
  sessionStorage.setItem(RELOADED, 'yes');
  location.reload();
}

/** A page that fails leaves the frame standing. */
class Boundary extends Component<{ readonly children: ComponentChild }, { failed: boolean }> {
  override state = { failed: false };

  static override getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    const problem = new Problem('It is a fault of the app, not of yours.', { status: -1 });
    return <Failure what="This page has failed" problem={problem} onRetry={() => location.reload()} />;
  }
}
