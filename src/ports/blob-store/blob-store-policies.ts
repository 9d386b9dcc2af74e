/** How the chain of wrappers treats each call of the blob-store. */
import type { MethodPolicies } from '../../resilience/wrap-port.ts';
import type { BlobStore } from './blob-store.ts';

/** As long as the largest upload may take to arrive from the slowest client, and the time to flush it. */
export const PUT_MS = 700_000;
const CALL_MS = 10_000;
/** Two tries. */
const TOTAL_MS = 15_000;
/** Uploads that arrive at the same time, each for as long as its client takes: onto a disk each needs some 100 kB of memory. */
export const DISK_PUTS_MAX = 256;
/** Into an object storage each holds a part, of 5 MiB at most: 640 MiB in all. */
export const S3_PUTS_MAX = 128;
const PUT_QUEUE_MAX = 64;
const PUT_QUEUE_AGE_MAX_MS = 2_000;

export function blobStorePolicies(putsMax: number): MethodPolicies<BlobStore> {
  return {
    // The content can be read only once.
    put: {
      idempotent: false,
      retriesMax: 0,
      totalMs: PUT_MS,
      tryMs: PUT_MS,
      bulkhead: { concurrencyMax: putsMax, queueMax: PUT_QUEUE_MAX, queueAgeMaxMs: PUT_QUEUE_AGE_MAX_MS },
    },
    get: { idempotent: true, totalMs: TOTAL_MS, tryMs: CALL_MS },
    head: { idempotent: true, totalMs: TOTAL_MS, tryMs: CALL_MS },
    delete: { idempotent: true, totalMs: TOTAL_MS, tryMs: CALL_MS },
    list: { idempotent: true, totalMs: TOTAL_MS, tryMs: CALL_MS },
  };
}

/** Of all calls but `put`. */
export const BLOB_STORE_BULKHEAD = { concurrencyMax: 512, queueMax: 2_000, queueAgeMaxMs: 2_000 };
