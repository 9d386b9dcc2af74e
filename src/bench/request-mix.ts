/** What a load asks for: operations of one or more requests, drawn by popularity, for readers drawn likewise. */

import { type Address, formatRequest, type HttpRequest } from '../client/http-client.ts';
import { createHttpConnection, HttpConnectionError } from '../client/http-connection.ts';
import { type HttpResponse, headerOf } from '../client/http-response-parser.ts';
import { seededFraction } from '../core/clock.ts';
import { BACKGROUND, type Operation } from './load.ts';
import { createZipfSampler } from './zipf.ts';

/** A kind of operations beside the main one. */
export interface OperationKind {
  /** Of all operations, from 0 to 1. */
  readonly share: number;
  /** As those of the mix. */
  readonly operations: readonly (readonly HttpRequest[])[];
  /** Goes on meanwhile, but is not what is measured. */
  readonly background?: boolean;
}

/** So many requests of one path each that a message of them all would take minutes. */
export interface NumberedPaths {
  readonly prefix: string;
  /** Their ends, most popular first, one behind the other. */
  readonly ends: string;
  readonly endLength: number;
}

/** Plain data, so that it can be sent to the process that makes the load. */
export interface RequestMix {
  /** Most popular first. The requests of one operation go one after the other over one connection. */
  readonly operations: readonly (readonly HttpRequest[])[];
  /** In their place. */
  readonly paths?: NumberedPaths;
  /** Their shares are drawn from these, the rest from `operations`. */
  readonly others?: readonly OperationKind[];
  /** Of the callers, most active first. Empty: the requests go without. */
  readonly tokens: readonly string[];
  /** The exponent of the Zipf distribution of both. */
  readonly skew: number;
  /** Makes every body unlike any other by a text that starts with this, which goes where UNIQUE_MARK stands. */
  readonly uniquePrefix?: string;
  /** That text is an Idempotency-Key, too. */
  readonly keyed?: boolean;
  readonly seed: number;
}

/** Stands in a body where the unique part goes. */
export const UNIQUE_MARK = '{unique}';

export interface Requester {
  readonly operation: Operation;
  /** Connects every slot, so that the load does not start with it. */
  open(): Promise<void>;
  close(): void;
}

export function createRequester(
  address: Address,
  mix: RequestMix,
  slots: number,
  timeoutMs: number,
): Requester {
  const draw = createDraw(mix);
  const connections = Array.from({ length: slots }, () => createHttpConnection({ ...address, timeoutMs }));
  return {
    async operation(slot) {
      const connection = connections[slot];
      if (connection === undefined) return 'no such slot';
      try {
        const { requests, background } = draw();
        for (const request of requests) {
          const response = await connection.send(formatRequest(address, request));
          if (response.status < 200 || response.status > 399) return outcomeOf(response);
        }
        return background ? BACKGROUND : 'ok';
      } catch (error) {
        if (error instanceof HttpConnectionError) return error.code;
        throw error;
      }
    },
    open: async () => void (await Promise.all(connections.map((connection) => connection.open()))),
    close() {
      for (const connection of connections) connection.close();
    },
  };
}

/** Whoever is told to come again must be told when. */
const WITH_RETRY_AFTER = [429, 503];

function outcomeOf(response: HttpResponse): string {
  const { status } = response;
  const isBare = WITH_RETRY_AFTER.includes(status) && headerOf(response, 'retry-after') === undefined;
  return isBare ? `${status} without Retry-After` : String(status);
}

export interface DrawnOperation {
  readonly requests: readonly HttpRequest[];
  readonly background: boolean;
}

/** A function that draws the next operation's requests, complete with token and key. */
export function createDraw(mix: RequestMix): () => DrawnOperation {
  const { tokens, skew, uniquePrefix, keyed = false, seed } = mix;
  const fraction = seededFraction(seed);
  const nextOperation = createOperationDraw(mix, fraction);
  const nextToken = tokens.length === 0 ? () => -1 : createZipfSampler(tokens.length, skew, fraction);
  let drawn = 0;
  return () => {
    const token = tokens[nextToken()];
    drawn += 1;
    const unique = uniquePrefix === undefined ? undefined : `${uniquePrefix}-${drawn}`;
    const { requests, background } = nextOperation();
    return { requests: requests.map((request) => complete(request, token, unique, keyed)), background };
  };
}

/** First the kind by its share, then the operation by its popularity. */
function createOperationDraw(mix: RequestMix, fraction: () => number) {
  const { operations, paths, others = [], skew } = mix;
  if (paths !== undefined) return createPathDraw(paths, skew, fraction);
  const kinds = [...others, { share: 1, operations }].map(({ share, operations, background = false }) => ({
    share,
    operations,
    background,
    next: createZipfSampler(operations.length, skew, fraction),
  }));
  return (): DrawnOperation => {
    let left = kinds.length === 1 ? 0 : fraction();
    // The main kind stands last and takes whatever is left.
    for (const { share, operations, background, next } of kinds) {
      if (left < share) return { requests: operations[next()] ?? [], background };
      left -= share;
    }
    throw new RangeError('the shares of a mix are more than 1');
  };
}

function createPathDraw({ prefix, ends, endLength }: NumberedPaths, skew: number, fraction: () => number) {
  const next = createZipfSampler(ends.length / endLength, skew, fraction);
  return (): DrawnOperation => {
    const start = next() * endLength;
    const path = prefix + ends.slice(start, start + endLength);
    return { requests: [{ method: 'GET', path }], background: false };
  };
}

function complete(
  request: HttpRequest,
  token: string | undefined,
  unique: string | undefined,
  keyed: boolean,
): HttpRequest {
  const { method, path, body } = request;
  if (unique === undefined) return { method, path, token, body };
  const idempotencyKey = keyed ? unique : undefined;
  return { method, path, token, idempotencyKey, body: body?.replace(UNIQUE_MARK, unique) };
}
