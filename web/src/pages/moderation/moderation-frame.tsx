/** What all pages of the staff share. */
import type { ComponentChildren } from 'preact';
import { isSignedIn, role } from '../../state/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';
import { type Tab, Tabs } from '../../ui/tabs.tsx';
import '../../ui/mark.css';
import './moderation.css';

const TABS = [
  { label: 'Reports', href: '/moderation' },
  { label: 'People', href: '/moderation/people' },
  { label: 'Link targets', href: '/moderation/targets' },
  { label: 'Audit log', href: '/moderation/audit', isForAdministrators: true },
] as const;

export interface ModerationFrameProps {
  readonly current: (typeof TABS)[number]['href'];
  readonly children: ComponentChildren;
}

export function ModerationFrame({ current, children }: ModerationFrameProps) {
  if (!isSignedIn.value) return <SignInFirst title="Moderation" what="what is reported" />;
  const isAdministrator = role.value === 'administrator';
  const tabs: Tab[] = TABS.filter((tab) => isAdministrator || !('isForAdministrators' in tab)).map(
    ({ label, href }) => ({ label, href, isCurrent: href === current }),
  );
  const mayRead = role.value !== 'user' && tabs.some(({ isCurrent }) => isCurrent);
  return (
    <>
      <PageHead title="Moderation" isRoot />
      {role.value !== 'user' && <Tabs name="What to look after" tabs={tabs} />}
      {mayRead ? (
        children
      ) : (
        <Empty title={role.value === 'user' ? 'Only for moderators' : 'Only for administrators'}>
          <p class="muted">The people who run this server appoint them.</p>
        </Empty>
      )}
    </>
  );
}
