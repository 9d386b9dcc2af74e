/** Keys of programs that act for the person. */
import { useState } from 'preact/hooks';
import { get, remove } from '../../api/http.ts';
import { toProblem } from '../../api/problem.ts';
import type { ApiKey, Page } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Confirmation } from '../../ui/dialog.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { NewApiKeyDialog } from './new-api-key.tsx';
import { SettingsFrame } from './settings-frame.tsx';

export function ApiKeysPage() {
  return (
    <SettingsFrame part="keys">
      <ApiKeys />
    </SettingsFrame>
  );
}

function ApiKeys() {
  const [visit] = useState(() => entry.value);
  const [isAdding, setAdding] = useState(false);
  const [deleted, setDeleted] = useState<ApiKey>();
  const [busy, setBusy] = useState(false);
  const list = keptBy(visit, 'keys', () => createItemList<ApiKey>(() => get<Page<ApiKey>>('/api_keys')));

  async function deleteKey({ api_key_id: deletedId, name }: ApiKey): Promise<void> {
    setBusy(true);
    try {
      await remove(`/api_keys/${deletedId}`);
      list.change((keys) => keys.filter(({ api_key_id: id }) => id !== deletedId));
      showToast({ text: `The key “${name}” is deleted.` });
      setDeleted(undefined);
    } catch (error) {
      showToast({ text: toProblem(error).message, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <div class="settings-intro settings-group">
        <p>
          A program that has a key acts for you, within what the key allows. See <a href="/docs">the calls</a>{' '}
          that it can make.
        </p>
        <p>
          <Button tone="primary" icon="plus" onClick={() => setAdding(true)}>
            New key
          </Button>
        </p>
      </div>
      <ItemList
        list={list}
        what="Your keys could not be loaded"
        keyOf={({ api_key_id: id }) => id}
        show={(key) => <ApiKeyRow apiKey={key} onDelete={() => setDeleted(key)} />}
        empty={<Empty title="No keys yet" />}
      />
      {isAdding && (
        <NewApiKeyDialog
          onMade={(made) => list.change((keys) => [made, ...keys])}
          onClose={() => setAdding(false)}
        />
      )}
      {deleted !== undefined && (
        <Confirmation
          title={`Delete the key “${deleted.name}”?`}
          text="Programs that use it are refused at once. This cannot be undone."
          confirm="Delete"
          busy={busy}
          onConfirm={() => void deleteKey(deleted)}
          onClose={() => setDeleted(undefined)}
        />
      )}
    </>
  );
}

function ApiKeyRow({ apiKey, onDelete }: { readonly apiKey: ApiKey; readonly onDelete: () => void }) {
  const { name, prefix, scopes, last_used_at: usedAt, expires_at: expiresAt, created_at: createdAt } = apiKey;
  const hasExpired = expiresAt !== null && Date.parse(expiresAt) <= Date.now();
  return (
    <div class="settings-row">
      <div class="settings-row-text">
        <p class="settings-row-title">
          <bdi>{name}</bdi> {hasExpired && <span class="mark mark-warn">Expired</span>}
        </p>
        <p class="muted small">
          <span dir="ltr">{prefix}…</span> · made <Time at={createdAt} long /> ·{' '}
          {usedAt === null ? (
            'never used'
          ) : (
            <>
              last used <Time at={usedAt} long />
            </>
          )}{' '}
          ·{' '}
          {expiresAt === null ? (
            'does not expire'
          ) : (
            <>
              {hasExpired ? 'expired' : 'expires'} <Time at={expiresAt} long />
            </>
          )}
        </p>
        <p class="small" dir="ltr">
          {scopes.join(', ')}
        </p>
      </div>
      <Button size="small" tone="danger" aria-label={`Delete the key ${name}`} onClick={onDelete}>
        Delete
      </Button>
    </div>
  );
}
