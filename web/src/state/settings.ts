/** What a person has chosen for this browser. The theme is a cookie, so that the server can write it into the page. */
import { effect, type Signal, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const THEME_COOKIE = 'groundswell_theme';
const YEAR_S = 365 * 24 * 3600;

export const theme = signal<Theme>(readTheme());
/** Keys such as j and k; whoever speaks to the computer turns them off. */
export const singleKeys = stored('single-keys', true);
/** Whether a picture without a description is asked about once before a post is sent. */
export const altReminder = stored('alt-reminder', true);

effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
});

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  const age = chosen === 'system' ? 0 : YEAR_S;
  // biome-ignore lint/suspicious/noDocumentCookie: the cookie store of browsers is not in all of them yet
  document.cookie = `${THEME_COOKIE}=${chosen}; path=/; max-age=${age}; samesite=lax`;
}

function readTheme(): Theme {
  const found = /(?:^|; )groundswell_theme=(light|dark)(?:;|$)/.exec(document.cookie)?.[1];
  return found === 'light' || found === 'dark' ? found : 'system';
}

function stored(name: string, fallback: boolean): Signal<boolean> {
  const key = `groundswell.${name}`;
  const setting = signal(fallback);
  try {
    setting.value = (localStorage.getItem(key) ?? String(fallback)) === 'true';
    effect(() => localStorage.setItem(key, String(setting.value)));
  } catch {
    // Storage is off: the choice lasts as long as the page.
  }
  return setting;
}
