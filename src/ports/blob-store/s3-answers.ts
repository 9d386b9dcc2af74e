/**
 * What an S3 storage answers, read: a handful of elements of XML that machines write, whose values here are names of ours,
 * numbers, times and codes. For that no parser of all of XML is needed.
 */
import { AppError } from '../../core/errors.ts';
import { failure } from './blob-failures.ts';

/** A page of a listing has at most 1,000 entries, each of some 500 bytes. */
const TEXT_BYTES_MAX = 4_194_304;

export async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > TEXT_BYTES_MAX) throw new Error(`an answer of more than ${TEXT_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The text of the first element of this name; `undefined` when there is none, or nothing in it. */
export function elementOf(xml: string, name: string): string | undefined {
  const [, text] = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml) ?? [];
  return text?.replace(/&(amp|lt|gt|quot|apos|#34|#39);/g, (_all, entity: string) => ENTITIES[entity] ?? '');
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#34': '"',
  '#39': "'",
};

/** What is inside of each element of this name. Elements of one name are not in each other in these answers. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(([, inner = '']) => inner);
}

/**
 * That something else came than was to be expected. Storages say with a status below 500, and with 503, that they have done
 * nothing; after any other they may have.
 */
export function unexpected(what: string, { status, text }: { status: number; text: string }): AppError {
  const code = elementOf(text, 'Code') ?? 'no code';
  const message = elementOf(text, 'Message') ?? '';
  const cause = new Error(`the storage answered ${status} ${code} ${message}`.trim());
  return failure(what, cause, status < 500 || status === 503 ? 'not_applied' : 'unknown');
}

const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** That nothing came. Of a request that was not sent to its end, the storage cannot have done anything. */
export function unanswered(what: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const isError = error instanceof Error;
  const code = isError && 'code' in error ? String(error.code) : '';
  const wasSent = !(isError && 'wasSent' in error && error.wasSent === false);
  return failure(what, error, NEVER_CONNECTED.has(code) || !wasSent ? 'not_applied' : 'unknown');
}
