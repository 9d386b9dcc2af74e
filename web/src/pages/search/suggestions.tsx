import type { User } from '../../api/types.ts';
import { UserRow } from '../../posts/user-row.tsx';
import { isSignedIn } from '../../state/session.ts';
import { useLoaded } from '../../ui/use-loaded.ts';

/** Whom those follow whom the reader follows. */
export function Suggestions() {
  return isSignedIn.value ? <Found /> : null;
}

function Found() {
  const { answer: found } = useLoaded<{ readonly items: readonly User[] }>('/suggestions?limit=10');
  if (found === undefined || found.items.length === 0) return null;
  return (
    <section class="discover" aria-labelledby="suggestions">
      <h2 id="suggestions">Whom to follow</h2>
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
