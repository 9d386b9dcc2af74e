/** Addresses with which clients put objects into an S3 storage by themselves. */
import { AwsV4Signer } from 'aws4fetch';
import type { S3Location } from '../../config/s3-location.ts';
import type { PresignedPut } from './blob-store.ts';

/**
 * Signed with the length of what is sent, which the storage therefore holds the client to, and with the condition that nothing
 * is there, so that it can be used once. `undefined` where the location does not say how clients reach the storage.
 */
export async function presignS3Put(
  location: S3Location,
  name: string,
  { bytes, expiresS, nowMs }: { readonly bytes: number; readonly expiresS: number; readonly nowMs: number },
): Promise<PresignedPut | undefined> {
  const { directEndpoint, bucket, prefix, region, accessKeyId, secretAccessKey } = location;
  if (directEndpoint === undefined) return undefined;
  const headers = { 'content-length': String(bytes), 'if-none-match': '*' };
  const signer = new AwsV4Signer({
    method: 'PUT',
    url: `${directEndpoint}/${bucket}/${prefix}${name}?X-Amz-Expires=${expiresS}`,
    headers,
    accessKeyId,
    secretAccessKey,
    service: 's3',
    region,
    signQuery: true,
    // Also the length, which it would leave out.
    allHeaders: true,
    datetime: amzDate(nowMs),
  });
  return { url: (await signer.sign()).url.href, headers };
}

/** As signatures have it: 20260131T235959Z. */
export function amzDate(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, '');
}
