/**
 * Whose browser this is: the id of the user who is signed in, for all tabs. What is kept for offline is shown to nobody
 * else. It stands where a change is seen by all tabs at once, also by one that is just about to write.
 */
const OWNER = 'groundswell.owner';

/** null: nobody's, or storage is off. */
export function owner(): string | null {
  try {
    return localStorage.getItem(OWNER);
  } catch {
    return null;
  }
}

export function setOwner(userId: string | null): void {
  try {
    if (userId === null) localStorage.removeItem(OWNER);
    else localStorage.setItem(OWNER, userId);
  } catch {
    // Then nothing is kept: the app works while the server does.
  }
}

/** Another tab has signed in or out, or did so while this page slept in the history. */
export function onOwnerChange(listener: () => void): void {
  addEventListener('storage', ({ key }) => {
    // null: everything was cleared.
    if (key === OWNER || key === null) listener();
  });
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) listener();
  });
}
