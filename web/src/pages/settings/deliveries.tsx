/** The log of what was sent to a webhook, and sending it again. */
import { type Signal, signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { get, post } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { Delivery, DeliveryWithBody, Page } from '../../api/types.ts';
import { announce } from '../../state/announcer.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { type Choice, Select } from '../../ui/field.tsx';
import { createItemList, ItemList, type Items } from '../../ui/item-list.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { STATUSES } from './webhook-events.ts';

type Shown = Delivery['status'] | 'all';

export interface DeliveryLog {
  readonly path: string;
  readonly list: Items<Delivery>;
  readonly shown: Signal<Shown>;
  /** Shows the delivery, and what becomes of it in the next seconds. Rejects if it cannot be read. */
  follow(deliveryId: string): Promise<void>;
}

const LOOK_AGAIN_MS = 1_000;
const LOOKS_MAX = 12;

const SHOWN: readonly Choice<Shown>[] = [
  { value: 'all', label: 'All' },
  { value: 'waiting', label: 'Waiting' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'failed', label: 'Failed' },
  { value: 'cancelled', label: 'Cancelled' },
  { value: 'dropped', label: 'Dropped' },
];

export function createDeliveries(webhookId: string): DeliveryLog {
  const path = `/webhooks/${webhookId}/deliveries`;
  const shown = signal<Shown>('all');
  const list = createItemList<Delivery>((pageToken) =>
    get<Page<Delivery>>(path, {
      query: { status: shown.value === 'all' ? undefined : shown.value, page_token: pageToken ?? undefined },
    }),
  );

  function put(changed: Delivery): void {
    list.change((before) =>
      before.some(({ delivery_id: id }) => id === changed.delivery_id)
        ? before.map((delivery) => (delivery.delivery_id === changed.delivery_id ? changed : delivery))
        : [changed, ...before],
    );
  }

  return {
    path,
    list,
    shown,
    async follow(deliveryId) {
      for (let look = 1; look <= LOOKS_MAX; look += 1) {
        const delivery = await get<Delivery>(`${path}/${deliveryId}`);
        put(delivery);
        const isTried = delivery.status !== 'waiting' || delivery.attempts > 0;
        if (isTried) announce(statusText(delivery));
        if (isTried) return;
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
    },
  };
}

export function Deliveries({ log, onSent }: { readonly log: DeliveryLog; readonly onSent: () => void }) {
  const { list, shown } = log;
  return (
    <section aria-labelledby="deliveries">
      <div class="settings-intro settings-group">
        <h2 id="deliveries">What was sent</h2>
        <div class="form">
          <Select
            label="Show"
            value={shown.value}
            choices={SHOWN}
            onChoose={(chosen) => {
              shown.value = chosen;
              void list.reload();
            }}
          />
        </div>
      </div>
      <ItemList
        list={list}
        what="The log could not be loaded"
        keyOf={({ delivery_id: id }) => id}
        show={(delivery) => <DeliveryRow delivery={delivery} log={log} onSent={onSent} />}
        empty={
          <Empty title={shown.value === 'all' ? 'Nothing was sent yet' : 'None'}>
            <p class="muted">The log is kept for 30 days.</p>
          </Empty>
        }
      />
    </section>
  );
}

function DeliveryRow(props: {
  readonly delivery: Delivery;
  readonly log: DeliveryLog;
  readonly onSent: () => void;
}) {
  const { delivery, log, onSent } = props;
  const { event, event_at: eventAt, status, delivery_id: id } = delivery;
  const [isOpen, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const { tone } = STATUSES[status];

  async function replay(): Promise<void> {
    setBusy(true);
    try {
      await post(`${log.path}/${id}/replay`);
      await log.follow(id);
      onSent();
    } catch (error) {
      showToast({ text: `It was not sent again: ${toProblem(error).message}`, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }

  return (
    <div class="settings-row">
      <div class="settings-row-text">
        <p class="settings-row-title">
          <span dir="ltr">{event}</span> <span class={`mark mark-${tone}`}>{statusText(delivery)}</span>
        </p>
        <p class="muted small">
          <Time at={eventAt} long /> · {attemptText(delivery)}
        </p>
      </div>
      <div class="settings-row-buttons">
        <Button size="small" tone="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Less' : 'More'}
        </Button>
        <Button size="small" busy={busy} aria-label={`Send again: ${event}`} onClick={() => void replay()}>
          Send again
        </Button>
      </div>
      {isOpen && <Details key={delivery.attempted_at} path={`${log.path}/${id}`} />}
    </div>
  );
}

/** One that waits may have been tried before. */
function statusText({ status, attempts }: Delivery): string {
  if (status === 'waiting' && attempts > 0) return 'Failed, tried again later';
  return STATUSES[status].label;
}

function attemptText({ attempts, error, response_status: status, took_ms: tookMs }: Delivery): string {
  if (attempts === 0) return 'not tried yet';
  const count = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const answer = status === null ? (error ?? 'no answer') : `answer ${status}`;
  return tookMs === null ? `${count}, ${answer}` : `${count}, ${answer} in ${tookMs} ms`;
}

function Details({ path }: { readonly path: string }) {
  const { answer, problem, reload } = useLoaded<DeliveryWithBody>(path);
  if (answer === undefined)
    return problem === undefined ? (
      <Skeleton rows={1} />
    ) : (
      <Failure what="The delivery could not be loaded" problem={problem} onRetry={reload} />
    );
  const { message_id: messageId, body, next_attempt_at: nextAt, attempted_at: triedAt } = answer;
  const { error, response_body: response } = answer;
  return (
    <div class="settings-details settings-group">
      <dl class="settings-facts small">
        <dt>Id</dt>
        <dd dir="ltr">{messageId}</dd>
        {triedAt !== null && (
          <>
            <dt>Tried</dt>
            <dd>
              <Time at={triedAt} long />
            </dd>
          </>
        )}
        {nextAt !== null && (
          <>
            <dt>Next try</dt>
            <dd>
              <Time at={nextAt} long />
            </dd>
          </>
        )}
        {error !== null && (
          <>
            <dt>Why it failed</dt>
            <dd>{error}</dd>
          </>
        )}
      </dl>
      <Text title="What is sent" text={readable(body)} />
      {response !== null && response !== '' && <Text title="What came back" text={response} />}
    </div>
  );
}

function Text({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div>
      <p class="small muted">{title}</p>
      <pre class="code" dir="ltr">
        {text}
      </pre>
    </div>
  );
}

/** With lines and indents, if it is JSON. */
function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
