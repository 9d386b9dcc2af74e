/** Where no short link may lead, or none without a warning. */
import { useState } from 'preact/hooks';
import { get, patch, post, remove } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { BlockedTarget, Page } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { type Choice, Select } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { createItemList, ItemList, type Items } from '../../ui/item-list.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { ModerationFrame } from './moderation-frame.tsx';
import { StaffName } from './staff-person.tsx';

type Action = BlockedTarget['action'];

const ACTIONS: readonly Choice<Action>[] = [
  { value: 'block', label: 'Block: no link leads there' },
  { value: 'warn', label: 'Warn: visitors read why first' },
];

export function BlockedTargetsPage() {
  return (
    <ModerationFrame current="/moderation/targets">
      <BlockedTargets />
    </ModerationFrame>
  );
}

function BlockedTargets() {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'targets', () =>
    createItemList<BlockedTarget>((pageToken) =>
      get<Page<BlockedTarget>>('/moderation/blocked-targets', {
        query: { page_token: pageToken ?? undefined },
      }),
    ),
  );
  return (
    <>
      <NewBlockedTarget list={list} />
      <ItemList
        list={list}
        what="The list could not be loaded"
        keyOf={({ block_id: id }) => id}
        show={(blocked) => <Blocked blocked={blocked} list={list} />}
        empty={<Empty title="Links may lead anywhere" />}
      />
    </>
  );
}

function NewBlockedTarget({ list }: { readonly list: Items<BlockedTarget> }) {
  const [target, setTarget] = useState(entry.value.query.get('target') ?? '');
  const [reason, setReason] = useState('');
  const [action, setAction] = useState<Action>('block');
  const form = useForm(async () => {
    const made = await post<BlockedTarget>('/moderation/blocked-targets', {
      ...{ target: target.trim(), reason, action },
    });
    list.change((known) => [made, ...known]);
    setTarget('');
    setReason('');
    showToast({ text: toldOf(made) });
  });
  return (
    <div class="case-head">
      <p>
        No short link may lead there, or none without a warning. That holds at once for links that do, and
        they say why.
      </p>
      <Form form={form} button={action === 'block' ? 'Block it' : 'Warn of it'}>
        <Select label="What to do" choices={ACTIONS} value={action} onChoose={setAction} />
        <FormField
          form={form}
          name="target"
          label="Site or page"
          hint="Such as evil.example, for it and all below it, or evil.example/login."
          autocomplete="off"
          autocapitalize="none"
          dir="ltr"
          value={target}
          onValue={setTarget}
        />
        <FormField
          form={form}
          name="reason"
          label="Why"
          hint="Read by whoever opens a link to it."
          dir="auto"
          value={reason}
          onValue={setReason}
        />
      </Form>
    </div>
  );
}

function Blocked(props: { readonly blocked: BlockedTarget; readonly list: Items<BlockedTarget> }) {
  const { blocked, list } = props;
  const [busy, setBusy] = useState(false);
  const { block_id: id, target, action, reason, blocked_by: byId, created_at: createdAt } = blocked;
  const path = `/moderation/blocked-targets/${id}`;

  async function work(act: () => Promise<void>): Promise<void> {
    setBusy(true);
    try {
      await act();
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }

  async function takeOff(): Promise<void> {
    await remove(path);
    list.change((known) => known.filter(({ block_id: other }) => other !== id));
    showToast({ text: `Links may lead to ${target} again.` });
  }

  async function turn(): Promise<void> {
    const changed = await patch<BlockedTarget>(path, { action: action === 'block' ? 'warn' : 'block' });
    list.change((known) => known.map((each) => (each.block_id === id ? changed : each)));
    showToast({ text: toldOf(changed) });
  }

  return (
    <div class="case">
      <div class="person">
        <p class="person-name">
          <strong dir="ltr">{target}</strong>
        </p>
        <Button
          size="small"
          busy={busy}
          aria-label={action === 'block' ? `Only warn of ${target}` : `Block ${target}`}
          onClick={() => void work(turn)}
        >
          {action === 'block' ? 'Only warn' : 'Block'}
        </Button>
        <Button
          size="small"
          busy={busy}
          aria-label={`Take ${target} off the list`}
          onClick={() => void work(takeOff)}
        >
          Take off
        </Button>
      </div>
      <p class="small">
        <span class={action === 'block' ? 'mark mark-danger' : 'mark mark-warn'}>
          {action === 'block' ? 'Blocked' : 'Warned of'}
        </span>
      </p>
      <p dir="auto">{reason}</p>
      <p class="muted small">
        <StaffName userId={byId} /> · <Time at={createdAt} long />
      </p>
    </div>
  );
}

function toldOf({ action, target }: BlockedTarget): string {
  return action === 'block'
    ? `No link leads to ${target} any more.`
    : `Links to ${target} show a warning first.`;
}
