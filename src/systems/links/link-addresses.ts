/** Where links are opened: below /l/ of the server, at the root of the links host, and at that of owners' host names. */
import type { Link } from './link.ts';

/** On the host of the server itself. */
export const LINKS_PATH = '/l/';

export interface LinkAddresses {
  shortUrl(link: Pick<Link, 'code' | 'host'>): string;
  /** Whether the URL opens a link of this server. */
  isOwn(url: URL): boolean;
}

export interface LinkAddressesDeps {
  /** Where people reach this server. */
  readonly publicUrl: () => string;
  /** Of links alone; no trailing slash. */
  readonly linksUrl: string | undefined;
  /** Whether it is a host name that an owner has brought, with or without a port. */
  readonly isOwnersHost: (host: string) => boolean;
}

export function createLinkAddresses({ publicUrl, linksUrl, isOwnersHost }: LinkAddressesDeps): LinkAddresses {
  const linksHost = linksUrl === undefined ? undefined : hostKey(new URL(linksUrl));
  let main = { url: '', host: '' };

  function mainHost(): string {
    const url = publicUrl();
    if (url !== main.url) main = { url, host: URL.canParse(url) ? hostKey(new URL(url)) : '' };
    return main.host;
  }

  return {
    shortUrl({ code, host }) {
      if (host !== undefined) return `https://${host}/${code}`;
      return linksUrl === undefined ? `${publicUrl()}${LINKS_PATH}${code}` : `${linksUrl}/${code}`;
    },
    isOwn(url) {
      const host = hostKey(url);
      if (host === linksHost || isOwnersHost(host)) return true;
      // Without a port the two differ only for links that nobody can open.
      return host === mainHost() && decodedPath(url).toLowerCase().startsWith(LINKS_PATH);
    },
  };
}

/** `host` of a URL without the dot of the root, which is the same host. */
function hostKey({ host }: URL): string {
  return host.replace(/\.(?=:|$)/, '');
}

/** As the router reads it. */
function decodedPath({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
