/**
 * Whether who claims a host name has it: only they can put a text that we have drawn into its DNS, or serve it there. No
 * redirect is followed, because many a server redirects wherever it is told; and the path is the same for all, so
 * that a server that repeats what it is asked for proves nothing.
 */
import type { OutboundHttp } from '../../../ports/outbound-http/outbound-http.ts';
import type { TextRecords } from '../../../ports/text-records/text-records.ts';
import { CHALLENGE_LABEL } from './host-name.ts';

export const CHALLENGE_PATH = '/.well-known/groundswell-challenge.txt';
const TIMEOUT_MS = 5_000;
const BYTES_MAX = 1_024;

export interface ProofDeps {
  readonly textRecords: TextRecords;
  readonly outboundHttp: OutboundHttp;
}

export function recordNameOf(host: string): string {
  return `${CHALLENGE_LABEL}.${host}`;
}

/** Settles within some TIMEOUT_MS and never fails: whoever does not answer has proved nothing. */
export async function isProved(deps: ProofDeps, host: string, token: string): Promise<boolean> {
  const found = await Promise.all([
    isInDns(deps, host, token),
    isServed(deps, `https://${host}${CHALLENGE_PATH}`, token),
    isServed(deps, `http://${host}${CHALLENGE_PATH}`, token),
  ]);
  return found.includes(true);
}

async function isInDns({ textRecords }: ProofDeps, host: string, token: string): Promise<boolean> {
  const records = await textRecords.get(recordNameOf(host)).catch(() => []);
  return records.some((record) => record.trim() === token);
}

async function isServed({ outboundHttp }: ProofDeps, url: string, token: string): Promise<boolean> {
  const answer = await outboundHttp
    .send({ method: 'GET', url, timeoutMs: TIMEOUT_MS, responseBytesMax: BYTES_MAX, redirectsMax: 0 })
    .catch(() => undefined);
  return answer?.status === 200 && answer.body.toString('latin1').trim() === token;
}
