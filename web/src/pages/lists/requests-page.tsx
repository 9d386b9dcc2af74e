/** Who asks to follow a locked account. */
import { useState } from 'preact/hooks';
import { get, post } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { Page, User } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { isSignedIn } from '../../state/session.ts';
import { showToast } from '../../state/toasts.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';
import './requests-page.css';

interface FollowRequest {
  readonly user: User;
  readonly requested_at: string;
}

export function RequestsPage() {
  return isSignedIn.value ? (
    <Requests />
  ) : (
    <SignInFirst title="Follow requests" what="who asks to follow you" />
  );
}

function Requests() {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'requests', () =>
    createItemList<FollowRequest>((pageToken) =>
      get<Page<FollowRequest>>('/follow_requests', { query: { page_token: pageToken ?? undefined } }),
    ),
  );

  async function answer(user: User, how: 'accept' | 'reject'): Promise<void> {
    try {
      await post(`/follow_requests/${user.user_id}/${how}`);
      list.change((requests) => requests.filter((request) => request.user.user_id !== user.user_id));
      showToast({
        text: how === 'accept' ? `@${user.username} follows you now.` : 'The request is refused.',
      });
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    }
  }

  return (
    <>
      <PageHead title="Follow requests" />
      <ItemList
        list={list}
        what="The requests could not be loaded"
        keyOf={({ user }) => user.user_id}
        show={({ user }) => (
          <div class="request">
            <Avatar user={user} />
            <p class="request-name">
              <a href={`/@${user.username}`}>
                <bdi>{user.display_name}</bdi>
              </a>
              <br />
              <span class="muted">@{user.username}</span>
            </p>
            <Button tone="primary" size="small" onClick={() => void answer(user, 'accept')}>
              Accept
            </Button>
            <Button size="small" onClick={() => void answer(user, 'reject')}>
              Refuse
            </Button>
          </div>
        )}
        empty={<Empty title="Nobody asks at the moment" />}
      />
    </>
  );
}
