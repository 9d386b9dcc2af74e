/** Single keys, for who reads by keyboard. They stay silent in fields, with modifiers, and where they are turned off. */
import { useEffect, useState } from 'preact/hooks';
import { navigate } from '../navigation/location.ts';
import { isSignedIn, me } from '../state/session.ts';
import { singleKeys } from '../state/settings.ts';
import { Dialog } from '../ui/dialog.tsx';
import './keys.css';

interface Key {
  readonly keys: string;
  readonly does: string;
}

const KEYS: readonly Key[] = [
  { keys: 'j / k', does: 'Next or previous post' },
  { keys: 'Enter', does: 'Open the post' },
  { keys: 'l', does: 'Like' },
  { keys: 's', does: 'Repost' },
  { keys: 'b', does: 'Bookmark' },
  { keys: 'r', does: 'Reply' },
  { keys: 'n or c', does: 'Write a post' },
  { keys: '.', does: 'Show new posts' },
  { keys: '/', does: 'Search' },
  { keys: 'g then h, n, p, l, s', does: 'Go to home, notifications, profile, links, settings' },
  { keys: '?', does: 'This help' },
  { keys: 'Esc', does: 'Close' },
];

/** Buttons of the post that has the focus, by the beginning of their names. */
const ON_POST: Readonly<Record<string, string>> = { l: 'Like', s: 'Repost', b: 'Bookmark', r: 'Reply' };
const GO_WITHIN_MS = 1_500;

export function Keys() {
  const [isHelping, setHelping] = useState(false);
  useEffect(() => {
    let goUntil = 0;

    function press(event: KeyboardEvent): void {
      if (!singleKeys.value || isElsewhere(event)) return;
      const { key } = event;
      if (performance.now() < goUntil) {
        goUntil = 0;
        const path = pathOf(key);
        if (path !== undefined) navigate(path);
        return;
      }
      if (key === 'g') goUntil = performance.now() + GO_WITHIN_MS;
      else if (key === '?') setHelping(true);
      else if (!act(key)) return;
      event.preventDefault();
    }

    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
  return isHelping ? <Help onClose={() => setHelping(false)} /> : null;
}

function isElsewhere({ target, ctrlKey, metaKey, altKey, isComposing }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || isComposing) return true;
  const element = target as HTMLElement;
  return (
    element.isContentEditable || element.closest('input, textarea, select, dialog, [role=menu]') !== null
  );
}

/** Whether the key means something here. */
function act(key: string): boolean {
  if (key === 'j' || key === 'k') return moveFocus(key === 'j' ? 1 : -1);
  if (key === '/') navigate('/search');
  else if (key === 'n' || key === 'c') navigate('/compose');
  else if (key === '.') return pressButton(document, '.feed-new button');
  else {
    const name = ON_POST[key];
    const post = document.activeElement?.closest('[data-post]');
    if (name === undefined || post == null) return false;
    return pressButton(post, `.post-actions [aria-label^="${name}"]`);
  }
  return true;
}

function pathOf(key: string): string | undefined {
  const paths: Readonly<Record<string, string>> = {
    h: '/',
    n: '/notifications',
    l: '/links',
    s: '/settings',
    ...(isSignedIn.value && { p: `/@${me.value?.username}` }),
  };
  return paths[key];
}

function pressButton(within: ParentNode, selector: string): boolean {
  const button = within.querySelector<HTMLButtonElement>(selector);
  button?.click();
  return button !== null;
}

/** From the post that has it, or from the first on the screen. */
function moveFocus(step: 1 | -1): boolean {
  const posts = [...document.querySelectorAll<HTMLElement>('main [data-post]')];
  const current = document.activeElement?.closest<HTMLElement>('[data-post]');
  const head = document.querySelector('.page-head')?.getBoundingClientRect().bottom ?? 0;
  const at = current == null ? -1 : posts.indexOf(current);
  const next =
    at === -1 ? posts.find((post) => post.getBoundingClientRect().bottom > head) : posts[at + step];
  if (next === undefined) return false;
  next.focus({ preventScroll: true });
  scrollBy({ top: next.getBoundingClientRect().top - head - 8 });
  return true;
}

function Help({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="muted small">Single keys can be turned off in the settings.</p>
    </Dialog>
  );
}
