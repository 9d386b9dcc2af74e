/** Where edge caches are reached, and the secret that each knows a purge by: `http://:<secret>@<host>[:<port>]`. */

export interface EdgeLocation {
  /** No trailing slash. */
  readonly origin: string;
  readonly secret: string;
}

/** Long enough not to be guessed, and of characters that stand in nginx's configuration as they are. */
const SECRET = /^[A-Za-z0-9_-]{16,128}$/;

export const EDGE_URL_FORM =
  'URLs such as http://:secret@edge.example, with a secret of 16 or more letters and digits';

export function parseEdgeUrl(text: string): EdgeLocation | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, host, pathname, search, hash } = new URL(text);
  const isValid =
    /^https?:$/.test(protocol) &&
    username === '' &&
    SECRET.test(password) &&
    pathname === '/' &&
    search === '' &&
    hash === '';
  return isValid ? { origin: `${protocol}//${host}`, secret: password } : undefined;
}
