/** The header `Range` (RFC 9110, 14): one range of bytes. What asks for several is answered as if it had asked for none. */
import type { FastifyRequest } from 'fastify';

/** Both ends included. */
export interface RangeOfBytes {
  readonly first: number;
  readonly last: number;
}

/** `undefined`: all of it. `unsatisfiable`: the range begins where the content has ended. */
export function rangeOf(
  { headers }: FastifyRequest,
  { bytes, etag }: { readonly bytes: number; readonly etag: string },
): RangeOfBytes | 'unsatisfiable' | undefined {
  const ifRange = headers['if-range'];
  if (headers.range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range.trim()) ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from === '') return suffix(Number(to), bytes);
  const first = Number(from);
  if (to !== '' && Number(to) < first) return undefined;
  if (first >= bytes) return 'unsatisfiable';
  return { first, last: to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1) };
}

function suffix(length: number, bytes: number): RangeOfBytes | 'unsatisfiable' {
  if (length === 0 || bytes === 0) return 'unsatisfiable';
  return { first: Math.max(0, bytes - length), last: bytes - 1 };
}

/** Whether the client has the content already (`If-None-Match`). */
export function isKnown({ headers }: FastifyRequest, etag: string): boolean {
  const known = headers['if-none-match'];
  if (known === undefined) return false;
  const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
