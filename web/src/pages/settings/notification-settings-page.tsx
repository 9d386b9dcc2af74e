/** Who may notify the person of what. Each choice is saved at once. */
import { patch } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { NotificationSettings } from '../../api/types.ts';
import { announce } from '../../state/announcer.ts';
import { showToast } from '../../state/toasts.ts';
import { type Choice, Select } from '../../ui/field.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { SettingsFrame } from './settings-frame.tsx';

type Kind = keyof NotificationSettings;
type Audience = NotificationSettings[Kind];

const KINDS: Readonly<Record<Kind, string>> = {
  reply: 'Somebody answers you',
  mention: 'Somebody names you',
  follow: 'Somebody follows you',
  follow_request: 'Somebody asks to follow you',
  like: 'Somebody likes a post of yours',
  repost: 'Somebody reposts a post of yours',
};

const AUDIENCES: readonly Choice<Audience>[] = [
  { value: 'everyone', label: 'Everyone' },
  { value: 'following', label: 'People whom you follow' },
  { value: 'none', label: 'Nobody' },
];

export function NotificationSettingsPage() {
  return (
    <SettingsFrame part="notifications">
      <Choices />
    </SettingsFrame>
  );
}

function Choices() {
  const { answer, problem, reload, show } = useLoaded<NotificationSettings>('/notifications/settings');
  if (answer === undefined)
    return problem === undefined ? (
      <Skeleton />
    ) : (
      <Failure what="What you chose could not be loaded" problem={problem} onRetry={reload} />
    );

  async function choose(before: NotificationSettings, kind: Kind, audience: Audience): Promise<void> {
    show({ ...before, [kind]: audience });
    try {
      show(await patch<NotificationSettings>('/notifications/settings', { [kind]: audience }));
      announce('Saved');
    } catch (error) {
      show(before);
      showToast({ text: `It stays as it was: ${toProblem(error).message}`, tone: 'danger' });
    }
  }

  return (
    <div class="page-body">
      <p>Who may notify you, from now on. Of people whom you mute or block you never hear.</p>
      <div class="form">
        {(Object.keys(KINDS) as Kind[]).map((kind) => (
          <Select
            key={kind}
            label={KINDS[kind]}
            value={answer[kind]}
            choices={AUDIENCES}
            onChoose={(audience) => void choose(answer, kind, audience)}
          />
        ))}
      </div>
    </div>
  );
}
