/** How rides go in a city, for the staff: drivers, requests and surge on a map, and the figures beside it, as they change. */
import { isSignedIn, role } from '../../state/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';
import { OperationsScreen } from './operations-screen.tsx';

export function OperationsPage() {
  if (!isSignedIn.value) return <SignInFirst title="Operations" what="how rides go" />;
  if (role.value !== 'user') return <OperationsScreen />;
  return (
    <>
      <PageHead title="Operations" isRoot />
      <Empty title="Only for moderators">
        <p class="muted">The people who run this server appoint them.</p>
      </Empty>
    </>
  );
}
