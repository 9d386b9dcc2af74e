/** Where the person is signed in, and ending that. */
import { useState } from 'preact/hooks';
import { get, remove } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { Page, Session } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Confirmation } from '../../ui/dialog.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { agentText } from './agent.ts';
import { SettingsFrame } from './settings-frame.tsx';

export function SessionsPage() {
  return (
    <SettingsFrame part="sessions">
      <Sessions />
    </SettingsFrame>
  );
}

function Sessions() {
  const [visit] = useState(() => entry.value);
  const [isEndingAll, setEndingAll] = useState(false);
  const [busy, setBusy] = useState(false);
  const list = keptBy(visit, 'sessions', () =>
    createItemList<Session>((pageToken) =>
      get<Page<Session>>('/sessions', { query: { limit: 50, page_token: pageToken ?? undefined } }),
    ),
  );
  const others = list.items.value.filter(({ current }) => !current);

  async function endOthers(): Promise<void> {
    setBusy(true);
    try {
      await remove('/sessions');
      list.change((sessions) => sessions.filter(({ current }) => current));
      showToast({ text: 'You are signed out everywhere else.' });
      setEndingAll(false);
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }

  async function end(session: Session): Promise<void> {
    try {
      await remove(`/sessions/${session.session_id}`);
      list.change((sessions) => sessions.filter(({ session_id: id }) => id !== session.session_id));
      showToast({ text: `Signed out: ${agentText(session.user_agent)}.` });
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    }
  }

  return (
    <>
      <div class="settings-intro settings-group">
        <p>
          Each browser or program that has signed in as you. If you do not know one, end it and change your
          password.
        </p>
        {others.length > 0 && (
          <p>
            <Button onClick={() => setEndingAll(true)}>Sign out everywhere else</Button>
          </p>
        )}
      </div>
      <ItemList
        list={list}
        what="Your sessions could not be loaded"
        keyOf={({ session_id: id }) => id}
        show={(session) => <SessionRow session={session} onEnd={() => end(session)} />}
        empty={<Empty title="There is none" />}
      />
      {isEndingAll && (
        <Confirmation
          title="Sign out everywhere else?"
          text="All other browsers and programs must sign in again. This one stays, and so do your API keys."
          confirm="Sign out"
          busy={busy}
          onConfirm={() => void endOthers()}
          onClose={() => setEndingAll(false)}
        />
      )}
    </>
  );
}

function SessionRow({ session, onEnd }: { readonly session: Session; readonly onEnd: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const { user_agent: agent, address, created_at: createdAt, last_used_at: usedAt, current } = session;
  const name = agentText(agent);
  return (
    <div class="settings-row">
      <div class="settings-row-text">
        <p class="settings-row-title" title={agent ?? undefined}>
          {name} {current && <span class="mark mark-ok">This one</span>}
        </p>
        <p class="muted small">
          Since <Time at={createdAt} long />
          {address !== null && <> from {address}</>}
        </p>
        {!current && (
          <p class="muted small">
            Last used <Time at={usedAt} long />
          </p>
        )}
      </div>
      {!current && (
        <Button
          size="small"
          busy={busy}
          aria-label={`End the session of ${name}`}
          onClick={() => {
            setBusy(true);
            void onEnd().finally(() => setBusy(false));
          }}
        >
          End
        </Button>
      )}
    </div>
  );
}
