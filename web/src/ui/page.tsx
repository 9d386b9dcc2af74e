/** What every page begins with: its title, for the window and as the heading that takes the focus when it is opened. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { entry, goBack } from '../navigation/location.ts';
import { IconButton } from './button.tsx';
import './page.css';

const SITE = 'Groundswell';

export interface PageHeadProps {
  readonly title: string;
  /** Without a way back: the pages that the navigation leads to. */
  readonly isRoot?: boolean;
  readonly children?: ComponentChildren;
}

export function PageHead({ title, isRoot = false, children }: PageHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    document.title = title === SITE ? SITE : `${title} · ${SITE}`;
  }, [title]);
  useLayoutEffect(() => {
    // Who comes back finds their place as they left it; see `restoreScroll`.
    if (!entry.value.isReturn) heading.current?.focus({ preventScroll: true });
  }, []);

  return (
    <header class="page-head">
      {!isRoot && <IconButton icon="back" label="Back" onClick={goBack} />}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <div class="page-head-more">{children}</div>
    </header>
  );
}
