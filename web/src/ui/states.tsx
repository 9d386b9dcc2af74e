/** What stands in place of content: while it loads, where there is none, and where it failed. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../api/problem.ts';
import { Button } from './button.tsx';
import './states.css';

const SKELETON_AFTER_MS = 150;

/** The outlines of what comes; only after a moment, for most answers are there sooner. */
export function Skeleton({ rows = 3 }: { readonly rows?: number }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="skeleton" role="status">
      <span class="unseen">Loading</span>
      {isLate &&
        Array.from({ length: rows }, (_, index) => (
          <div class="skeleton-row" key={index} aria-hidden="true">
            <div class="skeleton-face" />
            <div class="skeleton-lines">
              <div />
              <div />
              <div />
            </div>
          </div>
        ))}
    </div>
  );
}

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="state">
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}

/** What failed, why, and a button, which goes when it is pressed: the page's heading has the focus then. The content that was there stays. */
export function Failure({
  what,
  problem,
  onRetry,
}: {
  readonly what: string;
  readonly problem: Problem;
  readonly onRetry?: (() => void) | undefined;
}) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(
    () => () => {
      if (!box.current?.contains(document.activeElement)) return;
      document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
    },
    [],
  );
  return (
    <div class="state" role="alert" ref={box}>
      <p class="state-title">{what}</p>
      <p class="muted">{problem.message}</p>
      {problem.requestId !== undefined && <p class="muted small">Request {problem.requestId}</p>}
      {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}
