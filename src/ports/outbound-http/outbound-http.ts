/**
 * The outbound-http port: requests to servers that users name, which may be anyone's, may lie and may be hostile.
 *
 * Unless private addresses are allowed, nothing is ever sent to an address that is not of the public internet
 * (`core/public-address.ts`): every name is resolved afresh for every request and every redirect, it is refused if any
 * of its addresses is not public, and the connection goes to one of the very addresses that were checked, whatever
 * the name resolves to a moment later. Ports are 80, 443 and those from PORT_MIN on, where no mail or login listens.
 */

export interface OutboundRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Absolute, http or https, without credentials. */
  readonly url: string;
  /** Lower-case names. `host`, `content-length`, `connection`, `accept-encoding` and `user-agent` are set by the port. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** For everything: names, connections, redirects, the body of the answer. */
  readonly timeoutMs: number;
  /** Of the body of the answer; it is read no further. */
  readonly responseBytesMax: number;
  /** Redirects that are followed, at most REDIRECTS_MAX. The one after them is the answer; with 0, the first. */
  readonly redirectsMax: number;
}

export interface OutboundResponse {
  readonly status: number;
  /** Lower-case names; several of a name are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it was sent, never unpacked; at most `responseBytesMax` bytes. */
  readonly body: Buffer;
  /** Whether `body` is all of it: not if it was longer, broke off, or time ran out after the headers. */
  readonly complete: boolean;
  /** What answered, after redirects. */
  readonly url: string;
  /** From the call to the end of what was read. */
  readonly tookMs: number;
}

export interface OutboundHttp {
  /**
   * Resolves with whatever the server answers, of any status, once its headers have come. It is tried once, and
   * settles within `timeoutMs`. The request may have had its effect even when this fails, unless `outcome` is
   * `not_applied`. Messages are safe to show to whoever named the URL: they tell nothing of our network.
   *
   * A redirect goes to another target only as the first request would: public, and never from https to http. Of the
   * headers, only what says nothing of anyone goes on to another origin. 301, 302 and 303 turn POST into GET.
   *
   * Fails with `invalid` for a target that is refused, by its URL or by what its name resolves to; with `unavailable`
   * when it cannot be reached, breaks off, fails at TLS or answers what is not HTTP (headers of more than
   * HEADER_BYTES_MAX among it); with `timeout`.
   */
  send(request: OutboundRequest): Promise<OutboundResponse>;
}

export const REDIRECTS_MAX = 5;
export const HEADER_BYTES_MAX = 16_384;
export const CONNECT_TIMEOUT_MS = 5_000;
export const PORT_MIN = 1_024;

const PORTS_BELOW: ReadonlySet<number> = new Set([80, 443]);

/** Why nothing is sent to the port of this URL, as the end of a sentence; `undefined` if it may be. */
export function refusePort(url: URL): string | undefined {
  const port = url.port === '' ? undefined : Number(url.port);
  if (port === undefined || port >= PORT_MIN || PORTS_BELOW.has(port)) return undefined;
  return `must have no port below ${PORT_MIN} but 80 and 443.`;
}
