import type { Id } from './ids.ts';

/**
 * A client's `Idempotency-Key`, to be stored in the transaction of the write that it names. The row stands in
 * `idempotency_keys`; a system that writes it itself (to coalesce) follows `http/idempotency.ts`.
 */
export interface IdempotencyClaim {
  /** Whose key it is; 0 where nobody is signed in. */
  readonly principalId: Id;
  readonly key: string;
  /** SHA-256 of the route and the parsed request: another one under the same key is refused. */
  readonly fingerprint: Buffer;
}

/** An answer as it goes, or once went, to the client. */
export interface StoredAnswer {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
}

/** Without those whose key another one before them has, which are as good as in flight. */
export function firstOfEachKey<Write extends { readonly claim: IdempotencyClaim | undefined }>(
  writes: readonly Write[],
): readonly Write[] {
  if (!writes.some(({ claim }) => claim !== undefined)) return writes;
  const keys = new Set<string>();
  return writes.filter(({ claim }) => {
    if (claim === undefined) return true;
    const key = `${claim.principalId} ${claim.key}`;
    const isFirst = !keys.has(key);
    keys.add(key);
    return isFirst;
  });
}
