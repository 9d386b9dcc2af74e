/** Puts a text into the clipboard, and says that it did. */
import { useEffect, useState } from 'preact/hooks';
import { announce } from '../state/announcer.ts';
import { showToast } from '../state/toasts.ts';
import { Button } from './button.tsx';
import { copyText } from './copy.ts';

const SAID_MS = 2_000;

/** `label` says what is copied, such as `Copy the key`. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);

  async function copy(): Promise<void> {
    const done = await copyText(text);
    setCopied(done);
    if (done) announce('Copied');
    else
      showToast({
        text: 'This browser does not let the page copy. Select the text instead.',
        tone: 'danger',
      });
  }

  return (
    <Button icon={isCopied ? 'check' : 'copy'} aria-label={label} onClick={() => void copy()}>
      {isCopied ? 'Copied' : 'Copy'}
    </Button>
  );
}
