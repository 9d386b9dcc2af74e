/** The rarer things that can be done with a post, or with its author. */
import { useState } from 'preact/hooks';
import { put, remove } from '../api/http.ts';
import { toProblem } from '../api/problem.ts';
import type { Post } from '../api/types.ts';
import { isGone } from '../state/posts.ts';
import { isSignedIn, me } from '../state/session.ts';
import { showToast } from '../state/toasts.ts';
import { Confirmation } from '../ui/dialog.tsx';
import { Menu, type MenuItem } from '../ui/menu.tsx';
import { ReportDialog } from './report-dialog.tsx';

export function PostMenu({ post }: { readonly post: Post }) {
  const [isDeleting, setDeleting] = useState(false);
  const [isReporting, setReporting] = useState(false);
  const [busy, setBusy] = useState(false);
  const { author } = post;
  const isMine = me.value?.user_id === author.user_id;

  async function deletePost(): Promise<void> {
    setBusy(true);
    try {
      await remove(`/posts/${post.post_id}`);
      isGone(post.post_id).value = true;
      setDeleting(false);
      showToast({ text: 'The post is deleted.' });
    } catch (error) {
      showToast({ text: `The post could not be deleted: ${toProblem(error).message}`, tone: 'danger' });
    } finally {
      setBusy(false);
    }
  }

  const items: MenuItem[] = [
    {
      label: 'Copy link',
      icon: 'copy',
      onChoose: () => void copyLink(`/@${author.username}/${post.post_id}`),
    },
  ];
  if (isMine) items.push({ label: 'Delete', icon: 'trash', danger: true, onChoose: () => setDeleting(true) });
  else if (isSignedIn.value) {
    items.push({
      label: `Mute @${author.username}`,
      icon: 'bell',
      onChoose: () => void part(author, 'mute'),
    });
    items.push({
      label: `Block @${author.username}`,
      icon: 'shield',
      onChoose: () => void part(author, 'block'),
    });
    items.push({ label: 'Report the post', icon: 'flag', onChoose: () => setReporting(true) });
  }
  return (
    <>
      <Menu label="More" items={items} />
      {isReporting && (
        <ReportDialog
          what={{ post_id: post.post_id }}
          title={`Report a post of @${author.username}`}
          onClose={() => setReporting(false)}
        />
      )}
      {isDeleting && (
        <Confirmation
          title="Delete this post?"
          text="It is gone for everyone, with its likes and reposts. This cannot be undone."
          confirm="Delete"
          busy={busy}
          onConfirm={() => void deletePost()}
          onClose={() => setDeleting(false)}
        />
      )}
    </>
  );
}

async function copyLink(path: string): Promise<void> {
  await navigator.clipboard.writeText(location.origin + path);
  showToast({ text: 'The link is copied.' });
}

const PARTED = { mute: 'muted', block: 'blocked' } as const;

/** Can be taken back at once. */
async function part(author: Post['author'], verb: 'mute' | 'block'): Promise<void> {
  const path = `/users/${author.user_id}/${verb}`;
  try {
    await put(path);
    const undo = { label: 'Undo', run: () => void remove(path) };
    showToast({ text: `@${author.username} is ${PARTED[verb]}.`, action: undo });
  } catch (error) {
    showToast({ text: toProblem(error).message, tone: 'danger' });
  }
}
