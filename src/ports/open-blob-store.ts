/** Where the blobs are: a folder, until there are others. */
import path from 'node:path';
import { wrapPort } from '../resilience/wrap-port.ts';
import type { BlobStore } from './blob-store/blob-store.ts';
import { BLOB_STORE_BULKHEAD, BLOB_STORE_POLICIES } from './blob-store/blob-store-policies.ts';
import { openDiskBlobStore } from './blob-store/disk-blob-store.ts';
import { type DiskReserve, openDiskReserve } from './data-folder/disk-reserve.ts';
import type { PortsOptions } from './open-ports.ts';

/** `diskReserve`: of the data folder, if that is watched anyway; blobs elsewhere have one of their own. */
export async function openBlobStore(
  options: PortsOptions,
  diskReserve: DiskReserve | undefined,
): Promise<BlobStore> {
  const { config, log } = options;
  const { folder } = config.blobs;
  const isWatched = diskReserve !== undefined && isBelow(folder, config.dataFolder);
  const own = isWatched
    ? undefined
    : openDiskReserve({ folder: path.dirname(folder), reserveBytes: config.diskReserveBytes, log });
  const reserve = own ?? diskReserve;
  const disk = await openDiskBlobStore({ ...options, folder, refusal: () => reserve?.refusal() });
  const blobStore: BlobStore = {
    ...disk,
    async close() {
      own?.close();
      await disk.close();
    },
  };
  return wrapPort<BlobStore>(blobStore, {
    name: 'blob-store',
    methods: BLOB_STORE_POLICIES,
    bulkhead: BLOB_STORE_BULKHEAD,
    deps: options,
  });
}

function isBelow(folder: string, parent: string): boolean {
  const relative = path.relative(parent, folder);
  return !relative.startsWith('..') && !path.isAbsolute(relative);
}
