/** Everybody, also who is suspended: found by name, suspended, restored, appointed. */
import { useState } from 'preact/hooks';
import { get, put } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { ModeratedUser, Page } from '../../api/types.ts';
import { entry, keptBy, navigate } from '../../navigation/location.ts';
import { moderatedUser, takeModeratedUser } from '../../state/moderated-users.ts';
import { me, role } from '../../state/session.ts';
import { showToast } from '../../state/toasts.ts';
import { type Choice, Field, Select } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { ModerationFrame } from './moderation-frame.tsx';
import { SuspensionButton } from './suspension.tsx';

type Role = ModeratedUser['role'];

const ROLES: readonly Choice<Role>[] = [
  { value: 'user', label: 'User' },
  { value: 'moderator', label: 'Moderator' },
  { value: 'administrator', label: 'Administrator' },
];

export function PeoplePage() {
  const name = entry.value.query.get('name') ?? '';
  return (
    <ModerationFrame current="/moderation/people">
      <RegistrationState />
      <People key={name} name={name} />
    </ModerationFrame>
  );
}

function RegistrationState() {
  const { answer } = useLoaded<{ readonly open: boolean }>('/registration');
  if (answer === undefined) return null;
  return (
    <p class="case-head">
      <span>
        <strong>{answer.open ? 'Registration is open.' : 'Registration is closed.'}</strong>{' '}
        {answer.open ? 'Anybody can make an account.' : 'Only the command line of the server makes accounts.'}{' '}
        <span class="muted">It is set where the server is started: GROUNDSWELL_REGISTRATION.</span>
      </span>
    </p>
  );
}

function People({ name }: { readonly name: string }) {
  const [visit] = useState(() => entry.value);
  const [wanted, setWanted] = useState(name);
  const list = keptBy(visit, `people-${name}`, () =>
    createItemList<ModeratedUser>(async (pageToken) => {
      const page = await get<Page<ModeratedUser>>('/moderation/users', {
        query: { username: name === '' ? undefined : name, page_token: pageToken ?? undefined },
      });
      for (const user of page.items) takeModeratedUser(user);
      return page;
    }),
  );
  const form = useForm(async () => {
    const username = wanted.trim().replace(/^@/, '');
    navigate(
      username === '' ? '/moderation/people' : `/moderation/people?name=${encodeURIComponent(username)}`,
    );
  });
  return (
    <>
      <div class="case-head">
        <Form form={form} button="Find">
          <Field
            label="Username"
            hint="Whole. Empty: all, the newest first."
            autocomplete="off"
            autocapitalize="none"
            value={wanted}
            onInput={({ currentTarget }) => setWanted(currentTarget.value)}
          />
        </Form>
      </div>
      <ItemList
        list={list}
        what="The list could not be loaded"
        keyOf={({ user_id: id }) => id}
        show={(user) => <Person user={moderatedUser(user.user_id).value ?? user} />}
        empty={<Empty title={`There is nobody called @${name}`} />}
      />
    </>
  );
}

function Person({ user }: { readonly user: ModeratedUser }) {
  const {
    user_id: id,
    username,
    display_name: name,
    suspended_at: suspendedAt,
    created_at: createdAt,
  } = user;
  const isMe = id === me.value?.user_id;
  return (
    <div class="case">
      <div class="person">
        <p class="person-name">
          <a href={`/@${username}`}>
            <bdi>{name}</bdi>
          </a>{' '}
          <span class="muted">@{username}</span>{' '}
          {user.role !== 'user' && <span class="mark">{labelOf(user.role)}</span>}{' '}
          {suspendedAt !== null && <span class="mark mark-danger">Suspended</span>}
        </p>
        <SuspensionButton user={user} />
      </div>
      <p class="muted small">
        Joined <Time at={createdAt} long />
        {suspendedAt !== null && (
          <>
            , suspended <Time at={suspendedAt} long />
          </>
        )}
      </p>
      {role.value === 'administrator' && !isMe && <RoleChoice user={user} />}
    </div>
  );
}

function RoleChoice({ user }: { readonly user: ModeratedUser }) {
  async function choose(wanted: Role): Promise<void> {
    try {
      takeModeratedUser({ ...user, role: wanted });
      takeModeratedUser(await put<ModeratedUser>(`/moderation/users/${user.user_id}/role`, { role: wanted }));
      showToast({ text: `@${user.username}: ${labelOf(wanted)}.` });
    } catch (error) {
      takeModeratedUser(user);
      showToast({ text: toProblem(error).message, tone: 'danger' });
    }
  }

  return (
    <details>
      <summary class="person-role small">Role of @{user.username}</summary>
      <Select label="Role" value={user.role} choices={ROLES} onChoose={(wanted) => void choose(wanted)} />
    </details>
  );
}

function labelOf(wanted: Role): string {
  return ROLES.find(({ value }) => value === wanted)?.label ?? wanted;
}
