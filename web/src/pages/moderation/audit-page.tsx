/** What the staff did. */
import { useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { AuditEntry, Page } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { ModerationFrame } from './moderation-frame.tsx';
import { StaffName } from './staff-person.tsx';

const ACTIONS: Readonly<Record<string, string>> = {
  user_created: 'made the account',
  user_suspended: 'suspended',
  user_restored: 'restored',
  role_changed: 'changed the role of',
  password_reset_created: 'made a link for a new password of',
  report_resolved: 'closed a report about',
  post_read: 'read a reported post of',
  post_deleted: 'deleted a reported post of',
  target_blocked: 'blocked a target of links',
  target_warned: 'warned of a target of links',
  target_unblocked: 'took a target of links off the list',
  link_disabled: 'turned off a link of',
  link_enabled: 'turned on a link of',
  link_warned: 'warned of a link of',
  link_unwarned: 'took back the warning of a link of',
};
const PAGE = 50;

export function AuditPage() {
  return (
    <ModerationFrame current="/moderation/audit">
      <Audit />
    </ModerationFrame>
  );
}

function Audit() {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'audit', () =>
    createItemList<AuditEntry>((pageToken) =>
      get<Page<AuditEntry>>('/moderation/audit', {
        query: { limit: PAGE, page_token: pageToken ?? undefined },
      }),
    ),
  );
  return (
    <ItemList
      list={list}
      what="The log could not be loaded"
      keyOf={({ entry_id: id }) => id}
      show={(act) => <Act act={act} />}
      empty={<Empty title="Nothing was done yet" />}
    />
  );
}

function Act({ act }: { readonly act: AuditEntry }) {
  const { actor_id: actorId, action, user_id: userId, detail, created_at: createdAt } = act;
  return (
    <div class="case">
      <p>
        {actorId === null ? 'The command line' : <StaffName userId={actorId} />} {ACTIONS[action] ?? action}{' '}
        {userId !== null && <StaffName userId={userId} />}
        {userId === null && action === 'report_resolved' && 'a post or a link'}
      </p>
      {detail !== '' && (
        <p class="case-text" dir="auto">
          {detail}
        </p>
      )}
      <p class="muted small">
        <Time at={createdAt} long />
      </p>
    </div>
  );
}
