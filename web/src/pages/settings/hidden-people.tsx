/** Whom the person mutes, or blocks: each can be undone, and that, too. */
import type { Signal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Page, User } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { takeUser, tie } from '../../state/users.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { Empty } from '../../ui/states.tsx';

const PAGE = 40;

const WORDS = {
  mute: { path: '/mutes', on: 'Mute', off: 'Unmute', relation: 'muting', empty: 'You mute nobody' },
  block: { path: '/blocks', on: 'Block', off: 'Unblock', relation: 'blocking', empty: 'You block nobody' },
} as const;

export type Hiding = keyof typeof WORDS;

export function HiddenPeople({ hiding, intro }: { readonly hiding: Hiding; readonly intro: string }) {
  const [visit] = useState(() => entry.value);
  const { path, empty } = WORDS[hiding];
  const list = keptBy(visit, hiding, () =>
    createItemList<User>((pageToken) =>
      get<Page<User>>(path, { query: { limit: PAGE, page_token: pageToken ?? undefined } }),
    ),
  );
  return (
    <>
      <p class="settings-intro">{intro}</p>
      <ItemList
        list={list}
        what="The list could not be loaded"
        keyOf={({ user_id: id }) => id}
        show={(user) => <HiddenPerson user={user} hiding={hiding} />}
        empty={<Empty title={empty} />}
      />
    </>
  );
}

/** Stays where it is when it is undone, so that a wrong tap can be taken back. */
function HiddenPerson({ user, hiding }: { readonly user: User; readonly hiding: Hiding }) {
  const shown: Signal<User> = useMemo(() => takeUser(user), [user]);
  const [busy, setBusy] = useState(false);
  const { username, display_name: name, relationship } = shown.value;
  const { on, off, relation } = WORDS[hiding];
  const isHidden = relationship?.[relation] === true;
  return (
    <div class="settings-row">
      <Avatar user={shown.value} />
      <p class="settings-row-text">
        <a href={`/@${username}`}>
          <bdi>{name}</bdi>
        </a>
        <br />
        <span class="muted">@{username}</span>
      </p>
      <Button
        size="small"
        tone={isHidden ? 'plain' : 'danger'}
        busy={busy}
        aria-label={`${isHidden ? off : on} @${username}`}
        onClick={() => {
          setBusy(true);
          void tie(shown, hiding, !isHidden).then(() => setBusy(false));
        }}
      >
        {isHidden ? off : on}
      </Button>
    </div>
  );
}
