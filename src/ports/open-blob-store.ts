/** From configuration to the blob-store: a folder, or an object storage. */
import path from 'node:path';
import type { BlobsLocation } from '../config/config.ts';
import { type Clock, systemRandomness } from '../core/clock.ts';
import { wrapPort } from '../resilience/wrap-port.ts';
import type { BlobStore } from './blob-store/blob-store.ts';
import {
  BLOB_STORE_BULKHEAD,
  blobStorePolicies,
  DISK_PUTS_MAX,
  S3_PUTS_MAX,
} from './blob-store/blob-store-policies.ts';
import { openDiskBlobStore } from './blob-store/disk-blob-store.ts';
import { openS3BlobStore } from './blob-store/s3-blob-store.ts';
import { type DiskReserve, openDiskReserve } from './data-folder/disk-reserve.ts';
import type { PortsOptions } from './ports-options.ts';

/** To see whether a storage answers. */
const NEVER_PUT = `${'0'.repeat(32)}/never-put`;

/** `diskReserve`: of the data folder, if that is watched anyway; blobs elsewhere have one of their own. */
export async function openBlobStore(
  options: PortsOptions,
  diskReserve: DiskReserve | undefined,
): Promise<BlobStore> {
  const { blobs } = options.config;
  const isS3 = blobs.kind === 's3';
  const blobStore = isS3
    ? await openWatchedS3(options, blobs)
    : await openOnDisk(options, blobs.folder, diskReserve);
  return wrapPort<BlobStore>(blobStore, {
    name: 'blob-store',
    methods: blobStorePolicies(isS3 ? S3_PUTS_MAX : DISK_PUTS_MAX),
    bulkhead: BLOB_STORE_BULKHEAD,
    deps: options,
  });
}

/** For a command that is alone with it: without limits, retries and a reserve of the disk. */
export function openBareBlobStore(blobs: BlobsLocation, clock: Clock): Promise<BlobStore> {
  return blobs.kind === 's3'
    ? openS3BlobStore({ location: blobs.s3, clock })
    : openDiskBlobStore({ folder: blobs.folder, clock, randomness: systemRandomness });
}

/** A storage that is away is shown, but no reason to be sent no requests: all but pictures is served as ever. */
async function openWatchedS3(
  { clock, health }: PortsOptions,
  { s3: location }: Extract<BlobsLocation, { kind: 's3' }>,
): Promise<BlobStore> {
  const blobStore = await openS3BlobStore({ location, clock });
  const check = async (): Promise<void> => void (await blobStore.head(NEVER_PUT));
  health.addCheck('blob-store', check, { optional: true });
  return blobStore;
}

async function openOnDisk(
  options: PortsOptions,
  folder: string,
  diskReserve: DiskReserve | undefined,
): Promise<BlobStore> {
  const { config, log } = options;
  const isWatched = diskReserve !== undefined && isBelow(folder, config.dataFolder);
  const own = isWatched
    ? undefined
    : openDiskReserve({ folder: path.dirname(folder), reserveBytes: config.diskReserveBytes, log });
  const reserve = own ?? diskReserve;
  const disk = await openDiskBlobStore({ ...options, folder, refusal: () => reserve?.refusal() });
  return {
    ...disk,
    async close() {
      own?.close();
      await disk.close();
    },
  };
}

function isBelow(folder: string, parent: string): boolean {
  const relative = path.relative(parent, folder);
  return !relative.startsWith('..') && !path.isAbsolute(relative);
}
