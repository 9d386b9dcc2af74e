/** Hosts that links are opened at by their code alone: that of links, and those of owners. */
import type { Id } from '../../../core/ids.ts';
import type { VerifiedHosts } from '../domains/verified-hosts.ts';

export interface LinkHosts {
  any(): boolean;
  /** Of a host in lower case (with its port, if that is not the usual one): 0 for that of the server itself. */
  domainIdOf(host: string): Id | undefined;
}

export interface LinkHostsDeps {
  /** Of links alone; no trailing slash. */
  readonly linksUrl: string | undefined;
  readonly verifiedHosts: Pick<VerifiedHosts, 'get' | 'size'>;
}

export function createLinkHosts({ linksUrl, verifiedHosts }: LinkHostsDeps): LinkHosts {
  const linksHost = linksUrl === undefined ? undefined : new URL(linksUrl).host;
  return {
    any: () => linksHost !== undefined || verifiedHosts.size() > 0,
    domainIdOf(asked) {
      const host = withoutRootDot(asked);
      return host === linksHost ? 0 : verifiedHosts.get(host)?.domainId;
    },
  };
}

/** `go.example.` is the host `go.example`. */
function withoutRootDot(host: string): string {
  return host.includes('.:') || host.endsWith('.') ? host.replace(/\.(?=:|$)/, '') : host;
}
