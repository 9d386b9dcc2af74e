/** One webhook: how it does, what can be done with it, and what was sent. */
import { useState } from 'preact/hooks';
import { patch, post, remove } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { Webhook, WebhookWithSecret } from '../../api/types.ts';
import { navigate } from '../../navigation/location.ts';
import type { PageProps } from '../../navigation/routes.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Confirmation } from '../../ui/dialog.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { type Loaded, useLoaded } from '../../ui/use-loaded.ts';
import { createDeliveries, Deliveries, type DeliveryLog } from './deliveries.tsx';
import { SettingsFrame } from './settings-frame.tsx';
import { EditWebhookDialog, SecretDialog } from './webhook-form.tsx';
import { stateText, WebhookMark } from './webhook-state.tsx';

export function WebhookPage({ params }: PageProps) {
  const id = params['webhook_id'] ?? '';
  return (
    <SettingsFrame part="webhooks" title="Webhook">
      <Loading id={id} />
    </SettingsFrame>
  );
}

function Loading({ id }: { readonly id: string }) {
  const loaded = useLoaded<Webhook>(`/webhooks/${id}`);
  const [log] = useState(() => createDeliveries(id));
  const { answer, problem, reload } = loaded;
  if (answer === undefined && problem === undefined) return <Skeleton />;
  // An address that names no webhook is refused for its form, one that is not the person's as missing.
  if (problem?.status === 404 || problem?.status === 422)
    return (
      <Empty title="There is no such webhook of yours">
        <a href="/settings/webhooks">To your webhooks</a>
      </Empty>
    );
  return (
    <>
      {problem !== undefined && (
        <Failure what="The webhook could not be loaded" problem={problem} onRetry={reload} />
      )}
      {answer !== undefined && (
        <>
          <About webhook={answer} loaded={loaded} log={log} />
          <Deliveries log={log} onSent={reload} />
        </>
      )}
    </>
  );
}

interface AboutProps {
  readonly webhook: Webhook;
  readonly loaded: Loaded<Webhook>;
  readonly log: DeliveryLog;
}

type Asked = 'edit' | 'rotate' | 'delete';

function About({ webhook, loaded: { show, reload }, log }: AboutProps) {
  const { webhook_id: id, url, description, events, enabled, paused_until: pausedUntil } = webhook;
  const { previous_secret_until: previousUntil } = webhook;
  const [asked, setAsked] = useState<Asked>();
  const [secret, setSecret] = useState<string>();
  const [busy, setBusy] = useState<string>();
  const path = `/webhooks/${id}`;
  const state = stateText(webhook);

  async function act(name: string, work: () => Promise<void>): Promise<void> {
    setBusy(name);
    try {
      await work();
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(undefined);
    }
  }

  const toggle = () =>
    act('toggle', async () => {
      show(await patch<Webhook>(path, { enabled: !enabled }));
      await log.list.reload();
    });
  const test = () =>
    act('test', async () => {
      const { delivery_id: deliveryId } = await post<{ readonly delivery_id: string }>(`${path}/test`);
      await log.follow(deliveryId);
      reload();
    });
  const rotate = () =>
    act('rotate', async () => {
      const { secret: shownOnce, ...changed } = await post<WebhookWithSecret>(`${path}/rotate_secret`);
      show(changed);
      setAsked(undefined);
      setSecret(shownOnce);
    });
  const deleteIt = () =>
    act('delete', async () => {
      await remove(path);
      navigate('/settings/webhooks', { replace: true });
      showToast({ text: 'The webhook is deleted.' });
    });

  return (
    <section class="settings-intro settings-group" aria-label="About">
      <div>
        <p class="settings-row-title" dir="ltr">
          {url}
        </p>
        {description !== '' && <p dir="auto">{description}</p>}
        <p class="muted small" dir="ltr">
          {events.join(', ')}
        </p>
      </div>
      <p>
        <WebhookMark webhook={webhook} /> {state}
        {pausedUntil !== null && enabled && (
          <>
            {' '}
            Paused until <Time at={pausedUntil} long />; a test ends that.
          </>
        )}
      </p>
      {previousUntil !== null && Date.parse(previousUntil) > Date.now() && (
        <p class="muted small">
          The secret before signs, too, until <Time at={previousUntil} long />.
        </p>
      )}
      <div class="settings-row-buttons settings-buttons-start">
        <Button tone="primary" busy={busy === 'test'} disabled={!enabled} onClick={() => void test()}>
          Send a test
        </Button>
        <Button onClick={() => setAsked('edit')}>Change</Button>
        <Button busy={busy === 'toggle'} onClick={() => void toggle()}>
          {enabled ? 'Turn off' : 'Turn on'}
        </Button>
        <Button onClick={() => setAsked('rotate')}>New secret</Button>
        <Button tone="danger" onClick={() => setAsked('delete')}>
          Delete
        </Button>
      </div>
      {asked === 'edit' && (
        <EditWebhookDialog webhook={webhook} onChanged={show} onClose={() => setAsked(undefined)} />
      )}
      {asked === 'rotate' && (
        <Confirmation
          title="Make a new secret?"
          text="For 24 hours requests are signed with both, so that you can change yours meanwhile."
          confirm="Make it"
          busy={busy === 'rotate'}
          onConfirm={() => void rotate()}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked === 'delete' && (
        <Confirmation
          title="Delete this webhook?"
          text="Nothing is sent there any more, and the log of what was sent is gone. This cannot be undone."
          confirm="Delete"
          busy={busy === 'delete'}
          onConfirm={() => void deleteIt()}
          onClose={() => setAsked(undefined)}
        />
      )}
      {secret !== undefined && (
        <SecretDialog title="The new secret" secret={secret} onClose={() => setSecret(undefined)} />
      )}
    </section>
  );
}
