/** Where no short link may lead. */
import { useState } from 'preact/hooks';
import { get, post, remove } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { BlockedTarget, Page } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';
import { createItemList, ItemList, type Items } from '../../ui/item-list.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { ModerationFrame } from './moderation-frame.tsx';
import { StaffName } from './staff-person.tsx';

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
  const form = useForm(async () => {
    const made = await post<BlockedTarget>('/moderation/blocked-targets', { target: target.trim(), reason });
    list.change((known) => [made, ...known]);
    setTarget('');
    setReason('');
    showToast({ text: `No link leads to ${made.target} any more.` });
  });
  return (
    <div class="case-head">
      <p>No short link may lead there. Links that do are off at once, and say why.</p>
      <Form form={form} button="Block it">
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
  const { block_id: id, target, reason, blocked_by: byId, created_at: createdAt } = blocked;

  async function unblock(): Promise<void> {
    setBusy(true);
    try {
      await remove(`/moderation/blocked-targets/${id}`);
      list.change((known) => known.filter(({ block_id: other }) => other !== id));
      showToast({ text: `Links may lead to ${target} again.` });
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
      setBusy(false);
    }
  }

  return (
    <div class="case">
      <div class="person">
        <p class="person-name">
          <strong dir="ltr">{target}</strong>
        </p>
        <Button size="small" busy={busy} aria-label={`Unblock ${target}`} onClick={() => void unblock()}>
          Unblock
        </Button>
      </div>
      <p dir="auto">{reason}</p>
      <p class="muted small">
        <StaffName userId={byId} /> · <Time at={createdAt} long />
      </p>
    </div>
  );
}
