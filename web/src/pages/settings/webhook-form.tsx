/** Makes a webhook, or changes one. */
import { useState } from 'preact/hooks';
import { patch, post } from '../../api/http.ts';
import type { Webhook, WebhookWithSecret } from '../../api/types.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Form, type FormState, useForm } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { Choices } from './choices.tsx';
import { SecretOnce } from './secret-once.tsx';
import { WEBHOOK_EVENTS, type WebhookEvent } from './webhook-events.ts';

interface Draft {
  readonly url: string;
  readonly description: string;
  readonly events: readonly WebhookEvent[];
}

export function NewWebhookDialog(props: {
  readonly onMade: (made: Webhook) => void;
  readonly onClose: () => void;
}) {
  const { onMade, onClose } = props;
  const [draft, setDraft] = useState<Draft>({ url: '', description: '', events: [] });
  const [secret, setSecret] = useState<string>();
  const form = useForm(async () => {
    const { secret: shownOnce, ...made } = await post<WebhookWithSecret>('/webhooks', {
      ...draft,
      url: draft.url.trim(),
    });
    setSecret(shownOnce);
    onMade(made);
  });
  if (secret !== undefined) return <SecretDialog title="The new webhook" secret={secret} onClose={onClose} />;
  return (
    <Dialog title="New webhook" wide onClose={onClose}>
      <Fields form={form} button="Make the webhook" draft={draft} onChange={setDraft} />
    </Dialog>
  );
}

export function EditWebhookDialog(props: {
  readonly webhook: Webhook;
  readonly onChanged: (changed: Webhook) => void;
  readonly onClose: () => void;
}) {
  const { webhook, onChanged, onClose } = props;
  const { url, description } = webhook;
  // What it is told of is one of what there is: the server refuses all else.
  const [draft, setDraft] = useState<Draft>({ url, description, events: webhook.events as WebhookEvent[] });
  const form = useForm(async () => {
    onChanged(await patch<Webhook>(`/webhooks/${webhook.webhook_id}`, { ...draft, url: draft.url.trim() }));
    onClose();
  });
  return (
    <Dialog title="Change the webhook" wide onClose={onClose}>
      <Fields form={form} button="Save" draft={draft} onChange={setDraft} />
    </Dialog>
  );
}

export function SecretDialog(props: {
  readonly title: string;
  readonly secret: string;
  readonly onClose: () => void;
}) {
  const { title, secret, onClose } = props;
  return (
    <Dialog title={title} wide onClose={onClose}>
      <SecretOnce
        what="the secret"
        secret={secret}
        note="With it your server checks that a request is ours, as Standard Webhooks says."
        onDone={onClose}
      />
    </Dialog>
  );
}

function Fields(props: {
  readonly form: FormState;
  readonly button: string;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}) {
  const { form, button, draft, onChange } = props;
  return (
    <Form form={form} button={button}>
      <FormField
        form={form}
        name="url"
        label="Address"
        hint="Of your server, such as https://hooks.example/groundswell. It must be on the public internet."
        type="url"
        inputMode="url"
        autocomplete="off"
        dir="ltr"
        value={draft.url}
        onValue={(url) => onChange({ ...draft, url })}
      />
      <Choices
        label="Tell it when"
        values={WEBHOOK_EVENTS}
        chosen={draft.events}
        onChoose={(events) => onChange({ ...draft, events })}
        error={form.errorOf('events')}
      />
      <FormField
        form={form}
        name="description"
        label="Note for yourself"
        value={draft.description}
        onValue={(description) => onChange({ ...draft, description })}
      />
    </Form>
  );
}
