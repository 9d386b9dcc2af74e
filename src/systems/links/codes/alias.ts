/**
 * Aliases: codes that people choose. Codes are told apart by case, since those made here need all 62 characters; aliases that a
 * reader would take for one another are not both given out, whoever asks: an alias is read from paper and typed, and
 * whoever types `sale` for `Sale` must not come to a stranger, nor to another campaign of the same owner.
 */
import { AppError, invalidField } from '../../../core/errors.ts';

export const ALIAS_LENGTH_MAX = 64;
/** Of any code, however it came about: one word, or several with slashes between. */
const CODE = /^[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/;

export function isCode(text: string): boolean {
  return text.length <= ALIAS_LENGTH_MAX && CODE.test(text);
}

/** What is or may become a path of the server, or what strangers would trust. */
export const RESERVED_ALIASES = [
  ...[
    'about',
    'abuse',
    'account',
    'accounts',
    'admin',
    'administrator',
    'api',
    'app',
    'apps',
    'assets',
    'auth',
  ],
  ...[
    'billing',
    'blog',
    'contact',
    'dashboard',
    'docs',
    'domains',
    'download',
    'favicon',
    'feed',
    'files',
    'health',
  ],
  ...[
    'help',
    'home',
    'images',
    'import',
    'index',
    'l',
    'legal',
    'link',
    'links',
    'live',
    'login',
    'logout',
    'mail',
  ],
  ...[
    'media',
    'metrics',
    'moderation',
    'new',
    'null',
    'oauth',
    'openapi',
    'password',
    'password-reset',
    'pay',
  ],
  ...[
    'payment',
    'ping',
    'preview',
    'privacy',
    'public',
    'qr',
    'register',
    'report',
    'robots',
    'root',
    'search',
  ],
  ...[
    'security',
    'session',
    'sessions',
    'settings',
    'setup',
    'signin',
    'sign-in',
    'signout',
    'signup',
    'sign-up',
  ],
  ...[
    'sitemap',
    'static',
    'stats',
    'status',
    'support',
    'system',
    'terms',
    'undefined',
    'user',
    'users',
    'verify',
  ],
  ...['webhook', 'webhooks', 'well-known', 'www'],
] as const;

/**
 * What the alias looks like: the same for two that differ in case or in what is easily taken for one another. After the
 * prototype of UTS 39 (Unicode Security Mechanisms, confusables.txt), within ASCII; `_` and `-` count as one and `rn` as `m`.
 */
export function lookOf(alias: string): string {
  return alias
    .toLowerCase()
    .replaceAll('0', 'o')
    .replace(/[1i|]/g, 'l')
    .replaceAll('5', 's')
    .replaceAll('_', '-')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}

/** What of it a reserved word could be: nobody tells `login/now` from what is below `login`. */
function firstWordOf(alias: string): string {
  return alias.split('/', 1)[0] ?? '';
}

const RESERVED_LOOKS: ReadonlySet<string> = new Set(RESERVED_ALIASES.map(lookOf));

/** Fails with `invalid` for what can be no alias, whoever has it. */
export function checkAlias(alias: string): void {
  checkCharacters(alias);
  if (RESERVED_LOOKS.has(lookOf(firstWordOf(alias))))
    throw invalidField('alias', 'is reserved, or looks like what is.');
}

/** An imported code need not be readable, so it is only checked that it can stand in a URL, and is none of ours. */
export function checkImportedCode(code: string): void {
  checkCharacters(code);
  if ((RESERVED_ALIASES as readonly string[]).includes(firstWordOf(code)))
    throw invalidField('alias', 'is reserved.');
}

function checkCharacters(alias: string): void {
  if (isCode(alias)) return;
  const most = `${ALIAS_LENGTH_MAX} letters, digits, - or _ of ASCII`;
  throw invalidField('alias', `must be 1 to ${most}, or words of these with single slashes between.`);
}

export function aliasTaken(): AppError {
  const message = 'is taken, by a link of this code or of one that looks like it. Choose another one.';
  return new AppError('conflict', `alias: ${message}`, {
    fields: [{ field: 'alias', message }],
    outcome: 'not_applied',
  });
}
