/** What people read in place of a target. Whatever comes from an owner or a moderator is escaped here. */
import { domainToUnicode } from 'node:url';
import type { Card } from '../link.ts';
import type { Opening } from './redirects.ts';

export interface PageText {
  readonly title: string;
  readonly body: string;
  readonly head?: string;
  readonly formAction?: string;
}

type Scheduled = Extract<Opening, { readonly outcome: 'scheduled' }>;
type Gone = Extract<Opening, { readonly outcome: 'gone' }>;

/** Line drawings of 24 units, as the app has them. The words say what they stand for. */
const MARKS = {
  unknown: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14m5 12 4 4M9 9l4 4M13 9l-4 4',
  gone: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M6.5 6.5l11 11',
  scheduled: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M12 8v4l3 2',
  password: 'M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3',
  warning: 'M12 4 21 20H3zM12 10v5M12 17.5v.5',
  leads: 'M4 12h14M13 6l6 6-6 6',
} as const;

function mark(name: keyof typeof MARKS): string {
  return `<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="${MARKS[name]}"/></svg>`;
}

const NO_INDEX = '<meta name="robots" content="noindex">';

export const UNKNOWN_PAGE: PageText = {
  title: 'No such link',
  head: NO_INDEX,
  body: `${mark('unknown')}<h1>No such link</h1><p>Nothing is known under this address. Check how it is spelled: capital and small letters differ.</p>`,
};

export const TOO_MANY_PAGE: PageText = {
  title: 'Too many attempts',
  head: NO_INDEX,
  body: `${mark('unknown')}<h1>Too many attempts</h1><p>From your network links were tried that do not exist, or passwords that are wrong. Try again in a minute.</p>`,
};

export const GONE_TEXTS: Readonly<Record<Gone['reason'], string>> = {
  expired: 'This link has expired.',
  used_up: 'This link has been opened as often as it may be.',
  deleted: 'This link has been deleted.',
  disabled: 'Whoever made this link has turned it off.',
  blocked: 'This link has been turned off, because of where it leads.',
};

export function gonePage({ reason, blockedReason }: Gone, quote: (text: string) => string): PageText {
  const why =
    blockedReason === undefined
      ? ''
      : `<p class="quiet">The people who run this server say: ${quote(blockedReason)}</p>`;
  return {
    title: 'This link leads nowhere any more',
    head: NO_INDEX,
    body: `${mark('gone')}<h1>This link leads nowhere any more</h1><p>${GONE_TEXTS[reason]}</p>${why}`,
  };
}

export const SCHEDULED_TITLE = 'This link does not lead anywhere yet';
const MINUTE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

export function scheduledPage({ startsAtMs }: Scheduled): PageText {
  const opens = new Date(startsAtMs);
  return {
    title: SCHEDULED_TITLE,
    head: NO_INDEX,
    body: `${mark('scheduled')}<h1>${SCHEDULED_TITLE}</h1><p>It opens on <time datetime="${opens.toISOString()}">${MINUTE.format(opens)} UTC</time>.</p>`,
  };
}

/**
 * The answer to the form redirects to the target, and a policy that named it would tell of it before the password is
 * given: so any may follow.
 */
const ANY_TARGET = "'self' https: http:";
/** What says that the warning was read: part of a form, so that no link can say it. */
export const GO_ON_FIELD = 'go_on';
const GO_ON = `<button name="${GO_ON_FIELD}" value="yes">Go on</button>`;

export function passwordPage(
  { wrong, warning }: { readonly wrong: boolean; readonly warning: string | undefined },
  quote: (text: string) => string,
): PageText {
  const message = wrong ? '<p role="alert" id="wrong">That is not the password.</p>' : '';
  const described = wrong ? ' aria-describedby="wrong" aria-invalid="true"' : '';
  return {
    title: 'This link has a password',
    head: NO_INDEX,
    formAction: ANY_TARGET,
    body: `${mark('password')}<h1>This link has a password</h1>
<p>Who gave you the link can tell you.</p>${warning === undefined ? '' : warningHtml('You are warned of where it leads', warning, quote)}
<form method="post">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="off" maxlength="128" required autofocus${described}>
${message}${warning === undefined ? '<button>Open</button>' : GO_ON}
</form>`,
  };
}

/** Nothing leads on by itself. Where it leads may be its host alone. */
export function warningPage(
  { warning, target }: Extract<Opening, { readonly outcome: 'warning' }>,
  quote: (text: string) => string,
): PageText {
  return {
    title: 'Before you go on',
    head: NO_INDEX,
    formAction: ANY_TARGET,
    body: `${mark('warning')}<h1>Before you go on</h1>
<p>This link leads to</p><ul class="targets"><li>${targetHtml(target, quote)}</li></ul>
${warningHtml('Why you are asked first', warning, quote)}
<form method="post">${GO_ON}</form>`,
  };
}

function warningHtml(lead: string, warning: string, quote: (text: string) => string): string {
  return `<p>${lead}: <b>${quote(warning)}</b></p>
<p class="quiet">If that is not what you expected, close this page or go back.</p>`;
}

const UNTOLD: Card = { title: 'A link', description: 'Open it in a browser to see where it leads.' };

/** For a program that shows links to people, with the properties of the Open Graph protocol, https://ogp.me */
export function cardPage(
  { card = UNTOLD, location }: Extract<Opening, { readonly outcome: 'card' }>,
  quote: (text: string) => string,
): PageText {
  const { title, description = '', imageUrl } = card;
  const properties = [
    ['og:type', 'website'],
    ['og:title', title],
    ...(description === '' ? [] : [['og:description', description]]),
    ...(imageUrl === undefined ? [] : [['og:image', imageUrl]]),
  ] as const;
  const metas = properties.map(([name, text = '']) => `<meta property="${name}" content="${quote(text)}">`);
  const size = imageUrl === undefined ? 'summary' : 'summary_large_image';
  const open =
    location === undefined
      ? ''
      : `<p><a class="button" rel="nofollow noreferrer" href="${quote(location)}">Open it</a></p>`;
  return {
    title: quote(title),
    head: `${NO_INDEX}${metas.join('')}<meta name="twitter:card" content="${size}">`,
    body: `<h1>${quote(title)}</h1>${description === '' ? '' : `<p>${quote(description)}</p>`}${open}`,
  };
}

export function previewPage(
  {
    url,
    targets,
    guarded,
    warning,
  }: {
    readonly url: string;
    readonly targets: readonly string[];
    readonly guarded: boolean;
    readonly warning: string | undefined;
  },
  quote: (text: string) => string,
): PageText {
  const items = targets.map((target) => `<li>${targetHtml(target, quote)}</li>`).join('');
  const lead = guarded
    ? '<p>It has a password, or may be opened a limited number of times. So where it leads is told only when it is opened.</p>'
    : `<p>It leads ${targets.length > 1 ? 'to one of these' : 'here'}:</p><ul class="targets">${items}</ul>`;
  return {
    title: 'Where this link leads',
    head: NO_INDEX,
    body: `${mark('leads')}<h1>Where this link leads</h1>${lead}${warning === undefined ? '' : `<p>Visitors are warned of it: <b>${quote(warning)}</b></p>`}<p><a class="button" rel="nofollow noreferrer" href="${quote(url)}">Open it</a></p>`,
  };
}

/** In punycode, which no letter can imitate, and how it is read beside it where that differs. */
function targetHtml(target: string, quote: (text: string) => string): string {
  const { hostname, origin } = new URL(target);
  const read = domainToUnicode(hostname);
  const hint = read === hostname || read === '' ? '' : ` <span class="quiet">(${quote(read)})</span>`;
  const whole = target === origin ? '' : `<br><code>${quote(target)}</code>`;
  return `<b>${quote(hostname)}</b>${hint}${whole}`;
}
