import { useId } from 'preact/hooks';
import type { User } from '../api/types.ts';
import { UserRow } from '../posts/user-row.tsx';
import { isSignedIn } from '../state/session.ts';
import { useLoaded } from '../ui/use-loaded.ts';
import './discovery.css';

/** Whom those follow whom the reader follows. */
export function Suggestions({ atMost = 10 }: { readonly atMost?: number }) {
  return isSignedIn.value ? <Found atMost={atMost} /> : null;
}

function Found({ atMost }: { readonly atMost: number }) {
  const id = useId();
  const { answer: found } = useLoaded<{ readonly items: readonly User[] }>(`/suggestions?limit=${atMost}`);
  if (found === undefined || found.items.length === 0) return null;
  return (
    <section class="discover" aria-labelledby={id}>
      <h2 id={id}>Whom to follow</h2>
      <ul>
        {found.items.map((user) => (
          <li key={user.user_id}>
            <UserRow user={user} />
          </li>
        ))}
      </ul>
    </section>
  );
}
