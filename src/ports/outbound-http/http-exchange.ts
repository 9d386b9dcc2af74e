/** One request to one of a few known addresses, and its answer. */
import type { LookupAddress } from 'node:dns';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { AppError } from '../../core/errors.ts';
import { hostOf } from '../../core/outbound-target.ts';
import { CONNECT_TIMEOUT_MS, HEADER_BYTES_MAX } from './outbound-http.ts';

export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
  /** Connected to in this order, a little time apart, until one answers; nothing else is. */
  readonly addresses: readonly LookupAddress[];
  /** Of who is trusted beside the usual authorities: certificates in PEM. */
  readonly certificateAuthorities: string | undefined;
  readonly signal: AbortSignal;
}

/** Sends it on a connection of its own. Resolves with the headers of the answer; its body must be read or destroyed. */
export function exchange(options: Exchange): Promise<IncomingMessage> {
  const { url, method, headers, body, addresses, certificateAuthorities, signal } = options;
  const host = hostOf(url);
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send({
      method,
      host,
      ...(url.port === '' ? {} : { port: url.port }),
      path: url.pathname + url.search,
      headers,
      signal,
      agent: false,
      maxHeaderSize: HEADER_BYTES_MAX,
      lookup: answerWith(addresses),
      servername: isIP(host) === 0 ? host : '',
      ...(certificateAuthorities === undefined ? {} : { ca: certificateAuthorities }),
    });
    const connecting = setTimeout(() => request.destroy(notConnected()), CONNECT_TIMEOUT_MS);
    const connected = () => clearTimeout(connecting);
    request.once('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
    });
    request.once('close', connected);
    request.once('response', resolve);
    request.on('error', reject);
    // Node leaves it at that, without an answer or an error.
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(otherProtocol());
    });
    // However else it ends, whoever waits must not do so for ever.
    request.once('close', () => reject(brokenOff()));
    request.end(body);
  });
}

export interface ReadBody {
  readonly body: Buffer;
  readonly complete: boolean;
}

/** Reads up to `bytesMax`, and ends the connection. What breaks off is what has come so far. */
export async function readBody(response: IncomingMessage, bytesMax: number): Promise<ReadBody> {
  const chunks: Buffer[] = [];
  let length = 0;
  let ended = false;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > bytesMax) break;
    }
    ended = response.complete;
  } catch {
    // Whoever waits for it has the status, which is what counts.
  } finally {
    response.destroy();
  }
  return { body: Buffer.concat(chunks).subarray(0, bytesMax), complete: ended && length <= bytesMax };
}

/** So that the connection goes where the check has been, although the name is still the one in the certificate. */
function answerWith(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses;
    if (all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family ?? 0);
  };
}

function otherProtocol(): AppError {
  return new AppError('unavailable', 'The host answers with another protocol (101), which nobody asked for.');
}

function brokenOff(): AppError {
  return new AppError('unavailable', 'The connection broke off before an answer.');
}

function notConnected(): AppError {
  return new AppError('timeout', 'The host does not answer.', { outcome: 'not_applied' });
}
