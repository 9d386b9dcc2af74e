/** Shows what one has just changed of oneself wherever one is shown: a picture at once, and as the server has it when it has. */
import { get } from '../api/http.ts';
import type { Me } from '../api/types.ts';
import type { ChosenPicture } from '../photos/picture-choice.ts';
import { me } from '../state/session.ts';
import { showToast } from '../state/toasts.ts';
import { takeUser } from '../state/users.ts';

export interface ChosenPictures {
  readonly avatar: ChosenPicture;
  readonly header: ChosenPicture;
}

/** Waits before each look whether they are processed. */
const LOOKS_MS = [1_000, 2_000, 3_000, 5_000, 8_000, 15_000, 30_000] as const;

export function showMe(changed: Me, { avatar, header }: ChosenPictures): void {
  take({
    ...changed,
    avatar_url: avatar.state === 'ready' ? avatar.preview : changed.avatar_url,
    header_url: header.state === 'ready' ? header.preview : changed.header_url,
  });
  if (avatar.state === 'ready' || header.state === 'ready') void awaitPictures(changed);
}

/** Until what others see is another picture than before. One that cannot be processed is no longer chosen then. */
async function awaitPictures(before: Me): Promise<void> {
  for (const waitMs of LOOKS_MS) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const now = await get<Me>('/users/me').catch(() => undefined);
    if (now === undefined) continue;
    const isDone = (['avatar', 'header'] as const).every((kind) => isSettled(kind, before, now));
    if (!isDone) continue;
    take(now);
    const hasFailed =
      now.avatar_media_id !== before.avatar_media_id || now.header_media_id !== before.header_media_id;
    if (hasFailed)
      showToast({ text: 'The picture could not be processed. Choose another one.', tone: 'danger' });
    return;
  }
}

function isSettled(kind: 'avatar' | 'header', before: Me, now: Me): boolean {
  const [id, url] = [`${kind}_media_id`, `${kind}_url`] as const;
  return now[id] !== before[id] || now[id] === null || now[url] !== before[url];
}

function take(user: Me): void {
  me.value = user;
  takeUser(user);
}
