/**
 * Reactions that wait for the server, kept in this browser: a page that is left or loaded again loses none. Only who made
 * them sends them.
 */
import { createStore, del, entries, set } from 'idb-keyval';
import { owner } from './owner.ts';

export type Verb = 'like' | 'repost' | 'bookmark';

export interface Reaction {
  readonly postId: string;
  readonly verb: Verb;
  readonly wanted: boolean;
}

interface Kept extends Reaction {
  readonly userId: string;
}

const store = createStore('groundswell-reactions', 'reactions');

/** The last one for a post and verb is the one that counts. */
export async function keepReaction({ postId, verb, wanted }: Reaction): Promise<void> {
  const userId = owner();
  if (userId === null) return;
  const kept: Kept = { userId, postId, verb, wanted };
  await set(keyOf(userId, postId, verb), kept, store).catch(() => undefined);
}

/** It was sent, or refused. */
export async function dropReaction(postId: string, verb: Verb): Promise<void> {
  const userId = owner();
  if (userId !== null) await del(keyOf(userId, postId, verb), store).catch(() => undefined);
}

/** Those of who is signed in here; none where the browser keeps nothing. */
export async function keptReactions(): Promise<readonly Reaction[]> {
  const found = await entries<string, Kept>(store).catch(() => []);
  return found.map(([, kept]) => kept).filter(({ userId }) => userId === owner());
}

function keyOf(userId: string, postId: string, verb: Verb): string {
  return `${userId} ${postId} ${verb}`;
}
