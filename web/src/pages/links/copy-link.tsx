import { showToast } from '../../state/toasts.ts';
import { IconButton } from '../../ui/button.tsx';
import { copyText } from '../../ui/copy.ts';

export function CopyLink({ url }: { readonly url: string }) {
  return <IconButton icon="copy" label={`Copy ${shortText(url)}`} onClick={() => void copyAndTell(url)} />;
}

export async function copyAndTell(text: string): Promise<void> {
  const isDone = await copyText(text);
  showToast({
    text: isDone
      ? `Copied: ${shortText(text)}`
      : `This browser does not let the page copy. The link is ${text}`,
  });
}

/** As people say it: without https. */
export function shortText(url: string): string {
  return url.replace(/^https?:\/\//, '');
}
