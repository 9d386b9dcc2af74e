/** How many notifications wait; told by the server, kept right by what happens meanwhile. */
import { effect, signal } from '@preact/signals';
import { get, post } from '../api/http.ts';
import { onLive } from './live.ts';
import { isSignedIn } from './session.ts';

interface Unread {
  readonly unread_count: number;
}

export const unreadCount = signal(0);
const SETTLE_MS = 300;
let timer: ReturnType<typeof setTimeout> | undefined;

effect(() => {
  if (isSignedIn.value) refreshUnread();
  else unreadCount.value = 0;
});
for (const name of ['notification', 'notification_withdrawn', 'unread', 'gap'] as const)
  onLive(name, refreshUnread);

/** Groups count once, so that adding up events would not do. Several in a row are asked about once. */
export function refreshUnread(): void {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const answer = await get<{ readonly unread_count: number }>('/notifications/unread_count').catch(
      () => undefined,
    );
    if (answer !== undefined) unreadCount.value = answer.unread_count;
  }, SETTLE_MS);
}

export async function markRead(upToId: string): Promise<void> {
  const answer = await post<Unread>('/notifications/read', { up_to_id: upToId });
  unreadCount.value = answer.unread_count;
}
