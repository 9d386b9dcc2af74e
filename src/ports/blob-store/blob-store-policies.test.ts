import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { wrapPort } from '../../resilience/wrap-port.ts';
import { createLog } from '../../telemetry/log.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { tracingOff } from '../../telemetry/trace.ts';
import { chunks, newKey } from './blob-store.contract.ts';
import type { BlobStore } from './blob-store.ts';
import { BLOB_STORE_BULKHEAD, blobStorePolicies } from './blob-store-policies.ts';
import { openDiskBlobStore } from './disk-blob-store.ts';

describe('the policies of the blob-store', () => {
  it('make no put again, whose content can be read only once', async (test) => {
    const folder = await temporaryFolder(test);
    const disk = await openDiskBlobStore({ folder, clock: systemClock, randomness: systemRandomness });
    let puts = 0;
    const failingOnce: BlobStore = {
      ...disk,
      async put(name, content, options) {
        puts += 1;
        if (puts > 1) return disk.put(name, content, options);
        for await (const _ of content);
        throw new AppError('unavailable', 'The disk failed.', { outcome: 'not_applied' });
      },
    };
    const blobStore = wrapPort<BlobStore>(failingOnce, {
      name: 'blob-store',
      methods: blobStorePolicies(1),
      bulkhead: BLOB_STORE_BULKHEAD,
      deps: {
        clock: systemClock,
        randomness: systemRandomness,
        metrics: createMetrics({ version: 'test' }),
        tracing: tracingOff,
        log: createLog({ level: 'silent', pretty: false }),
      },
    });
    const name = `${newKey()}/a`;
    await assert.rejects(blobStore.put(name, chunks('content'), { bytesMax: 10 }), /The disk failed/);
    assert.equal(puts, 1);
    assert.equal(await blobStore.head(name), undefined, 'an empty one would be there');
    await blobStore.close();
  });
});
