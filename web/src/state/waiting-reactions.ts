/** Takes over the reactions that an earlier page could not send: they show at once, and go out once the server is back. */
import { computed, effect } from '@preact/signals';
import { keptReactions } from './kept-reactions.ts';
import { presume, sendPresumed } from './posts.ts';
import { isThere } from './server.ts';
import { me } from './session.ts';

const userId = computed(() => me.value?.user_id);
const maySend = computed(() => userId.value !== undefined && isThere.value);

effect(() => {
  if (userId.value !== undefined) void restore();
});
effect(() => {
  if (maySend.value) void sendPresumed();
});

async function restore(): Promise<void> {
  for (const reaction of await keptReactions()) presume(reaction);
  if (maySend.peek()) await sendPresumed();
}
