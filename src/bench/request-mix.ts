/** What a load asks for: operations of one or more requests, drawn by popularity, for readers drawn likewise. */

import { seededFraction } from '../core/clock.ts';
import { type Address, formatRequest, type HttpRequest } from './http-client.ts';
import { createHttpConnection, HttpConnectionError } from './http-connection.ts';
import type { Operation } from './load.ts';
import { createZipfSampler } from './zipf.ts';

/** Plain data, so that it can be sent to the process that makes the load. */
export interface RequestMix {
  /** Most popular first. The requests of one operation go one after the other over one connection. */
  readonly operations: readonly (readonly HttpRequest[])[];
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
        for (const request of draw()) {
          const { status } = await connection.send(formatRequest(address, request));
          if (status < 200 || status > 299) return String(status);
        }
        return 'ok';
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

/** A function that draws the next operation's requests, complete with token and key. */
export function createDraw(mix: RequestMix): () => HttpRequest[] {
  const { operations, tokens, skew, uniquePrefix, keyed = false, seed } = mix;
  const fraction = seededFraction(seed);
  const nextOperation = createZipfSampler(operations.length, skew, fraction);
  const nextToken = tokens.length === 0 ? () => -1 : createZipfSampler(tokens.length, skew, fraction);
  let drawn = 0;
  return () => {
    const token = tokens[nextToken()];
    drawn += 1;
    const unique = uniquePrefix === undefined ? undefined : `${uniquePrefix}-${drawn}`;
    return (operations[nextOperation()] ?? []).map((request) => complete(request, token, unique, keyed));
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
