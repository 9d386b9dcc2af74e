/** Whether a bucket is one that blobs can be kept in. */
import type { S3Location } from '../../config/s3-location.ts';
import { AppError } from '../../core/errors.ts';
import { elementOf } from './s3-answers.ts';
import type { S3Client } from './s3-client.ts';

/** Empty, and no name of a blob. It stays. */
const PROBE = 'conditional-writes';

/** Resolves also where the storage cannot be reached, or does not tell. */
export async function checkS3Bucket(client: S3Client, { bucket, endpoint }: S3Location): Promise<void> {
  const answer = await client.call({ method: 'HEAD' }).catch(() => undefined);
  if (answer === undefined || answer.status >= 500) return;
  if (answer.status === 404) {
    throw unfit(`There is no bucket ${bucket} at ${endpoint}. Make it, or name another.`);
  }
  if (answer.status === 403 || answer.status === 401) {
    throw unfit(
      `The key of GROUNDSWELL_BLOBS_URL may not use the bucket ${bucket} at ${endpoint}, or the clock of this machine is far off.`,
    );
  }
  if (answer.status === 301 || answer.status === 400) {
    throw unfit(`The bucket ${bucket} is in another region than ?region= of GROUNDSWELL_BLOBS_URL says.`);
  }
  await checkWrites(client, `the bucket ${bucket} at ${endpoint}`);
  const versions = await client.call({ method: 'GET', query: { versioning: '' } }).catch(() => undefined);
  if (versions?.status === 200 && elementOf(versions.text, 'Status') === 'Enabled') {
    throw unfit(
      `The bucket ${bucket} keeps old versions, so pictures would stay that are deleted. Suspend that.`,
    );
  }
}

/** A storage that does not know the condition may well ignore it, and then write over what is there. */
async function checkWrites(client: S3Client, where: string): Promise<void> {
  const write = { method: 'PUT', name: PROBE, headers: { 'if-none-match': '*' } } as const;
  // The first may be of another process, or of an earlier start.
  await client.call(write).catch(() => undefined);
  const answer = await client.call(write).catch(() => undefined);
  if (answer?.status === 403) throw unfit(`The key of GROUNDSWELL_BLOBS_URL may not write into ${where}.`);
  if (answer?.status === 200 || answer?.status === 501) {
    throw unfit(`What stores ${where} knows no conditional writes (If-None-Match). Use one that does.`);
  }
}

function unfit(message: string): AppError {
  return new AppError('invalid', message, { outcome: 'not_applied' });
}
