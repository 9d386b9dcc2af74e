import { useState } from 'preact/hooks';
import { post } from '../../api/http.ts';
import type { ApiKey, NewApiKey } from '../../api/types.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { type Choice, Select } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { Choices } from './choices.tsx';
import { SecretOnce } from './secret-once.tsx';

type Scope = ApiKey['scopes'][number];

const SCOPES: Readonly<Record<Scope, { readonly label: string; readonly hint: string }>> = {
  'posts:read': { label: 'Read posts', hint: 'Your home timeline and bookmarks, posts and searches.' },
  'posts:write': { label: 'Write posts', hint: 'Post, edit, delete, like, repost and bookmark.' },
  'relationships:read': {
    label: 'See people',
    hint: 'Followers, whom you mute and block, who asks to follow.',
  },
  'relationships:write': { label: 'Follow people', hint: 'Follow, mute, block, and answer requests.' },
  'notifications:read': { label: 'Read notifications', hint: 'What others did that concerns you.' },
  'notifications:write': {
    label: 'Change notifications',
    hint: 'Mark as read, and choose what notifies you.',
  },
  'live:read': { label: 'Hear of things at once', hint: 'New posts in your timeline, and notifications.' },
  'links:read': { label: 'See links', hint: 'Your short links and their clicks.' },
  'links:write': { label: 'Make links', hint: 'Make, change, import and delete them.' },
  'webhooks:read': { label: 'See webhooks', hint: 'And what was sent to them.' },
  'webhooks:write': { label: 'Make webhooks', hint: 'Make, change, test and delete them.' },
  'reports:write': { label: 'Report', hint: 'People and posts, to the moderators.' },
  'account:read': { label: 'See your account', hint: 'With its email address.' },
};

const EXPIRIES = [
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: 'never', label: 'Never' },
] as const satisfies readonly Choice<string>[];

const DAY_MS = 24 * 3_600_000;

export function NewApiKeyDialog(props: {
  readonly onMade: (made: ApiKey) => void;
  readonly onClose: () => void;
}) {
  const { onMade, onClose } = props;
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const [expiry, setExpiry] = useState<(typeof EXPIRIES)[number]['value']>('90');
  const [secret, setSecret] = useState<string>();
  const form = useForm(async () => {
    const { key, ...made } = await post<NewApiKey>('/api_keys', {
      name,
      scopes,
      expires_at: expiry === 'never' ? null : new Date(Date.now() + Number(expiry) * DAY_MS).toISOString(),
    });
    setSecret(key);
    onMade(made);
  });
  if (secret !== undefined)
    return (
      <Dialog title="The new key" wide onClose={onClose}>
        <SecretOnce
          what="the key"
          secret={secret}
          note="A program sends it as “Authorization: Bearer …”. Keep it where you keep passwords."
          onDone={onClose}
        />
      </Dialog>
    );
  return (
    <Dialog title="New key" wide onClose={onClose}>
      <Form form={form} button="Make the key">
        <FormField
          form={form}
          name="name"
          label="Name"
          hint="What it is for, such as “Shop”."
          autocomplete="off"
          value={name}
          onValue={setName}
        />
        <Choices
          label="What it may do"
          values={SCOPES}
          chosen={scopes}
          onChoose={setScopes}
          error={form.errorOf('scopes')}
        />
        <Select label="Expires" value={expiry} choices={EXPIRIES} onChoose={setExpiry} />
      </Form>
    </Dialog>
  );
}
