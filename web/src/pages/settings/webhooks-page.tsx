/** Servers of the person that are told of what happens. */
import { useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Page, Webhook } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { Button } from '../../ui/button.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { Empty } from '../../ui/states.tsx';
import { SettingsFrame } from './settings-frame.tsx';
import { NewWebhookDialog } from './webhook-form.tsx';
import { stateText, WebhookMark } from './webhook-state.tsx';

export function WebhooksPage() {
  return (
    <SettingsFrame part="webhooks">
      <Webhooks />
    </SettingsFrame>
  );
}

function Webhooks() {
  const [visit] = useState(() => entry.value);
  const [isAdding, setAdding] = useState(false);
  const list = keptBy(visit, 'webhooks', () =>
    createItemList<Webhook>((pageToken) =>
      get<Page<Webhook>>('/webhooks', { query: { page_token: pageToken ?? undefined } }),
    ),
  );
  return (
    <>
      <div class="settings-intro settings-group">
        <p>
          Your server is told of what happens in your account: each event is a request to an address of yours.
        </p>
        <p>
          <Button tone="primary" icon="plus" onClick={() => setAdding(true)}>
            New webhook
          </Button>
        </p>
      </div>
      <ItemList
        list={list}
        what="Your webhooks could not be loaded"
        keyOf={({ webhook_id: id }) => id}
        show={(webhook) => <WebhookRow webhook={webhook} />}
        empty={<Empty title="No webhooks yet" />}
      />
      {isAdding && (
        <NewWebhookDialog
          onMade={(made) => list.change((webhooks) => [made, ...webhooks])}
          onClose={() => setAdding(false)}
        />
      )}
    </>
  );
}

function WebhookRow({ webhook }: { readonly webhook: Webhook }) {
  const { webhook_id: id, url, description, events } = webhook;
  const state = stateText(webhook);
  return (
    <div class="settings-row">
      <div class="settings-row-text">
        <p class="settings-row-title">
          <a href={`/settings/webhooks/${id}`} dir="ltr">
            {url}
          </a>
        </p>
        {description !== '' && <p dir="auto">{description}</p>}
        <p class="muted small" dir="ltr">
          {events.join(', ')}
        </p>
        {state !== '' && <p class="small">{state}</p>}
      </div>
      <WebhookMark webhook={webhook} />
    </div>
  );
}
