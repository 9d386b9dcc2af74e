/**
 * Where an object storage is, as a URL: `s3://<key>:<secret>@<host>[:<port>]/<bucket>[/<folder>]`, and what differs from the
 * usual as its query. It holds a secret: neither it nor a part of it stands in any message.
 */

export interface S3Location {
  /** Such as `https://s3.eu-central-1.amazonaws.com`; no trailing slash. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Before each name in the bucket: empty, or with a slash at its end. */
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where clients reach the same storage, to upload into it; `undefined`: they do not. */
  readonly directEndpoint: string | undefined;
}

export const S3_URL_FORM =
  's3://key:secret@host/bucket, with / in the secret written as %2F, and after a ? any of region=eu-central-1, tls=off and direct=https://s3.example';

/** As every storage gives it that has no regions. */
const REGION = 'us-east-1';
const PARAMETERS = ['region', 'tls', 'direct'];
/** What all storages take; dots would break certificates elsewhere, but not in the path. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const FOLDER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const FOLDERS_MAX = 4;

/** `undefined` where the text has not the form S3_URL_FORM. */
export function parseS3Url(text: string): S3Location | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const [bucket = '', ...folders] = url.pathname.replace(/^\//, '').replace(/\/$/, '').split('/');
  const accessKeyId = decoded(url.username);
  const secretAccessKey = decoded(url.password);
  const region = url.searchParams.get('region') ?? REGION;
  const tls = url.searchParams.get('tls') ?? 'on';
  const direct = url.searchParams.get('direct') ?? undefined;
  const isValid =
    url.protocol === 's3:' &&
    url.hostname !== '' &&
    url.hash === '' &&
    BUCKET.test(bucket) &&
    folders.length <= FOLDERS_MAX &&
    folders.every((folder) => FOLDER.test(folder)) &&
    [...url.searchParams.keys()].every((name) => PARAMETERS.includes(name)) &&
    /^[a-z0-9-]{1,64}$/.test(region) &&
    (tls === 'on' || tls === 'off') &&
    (direct === undefined || isOrigin(direct));
  if (!isValid || !accessKeyId || !secretAccessKey) return undefined;
  return {
    endpoint: `${tls === 'on' ? 'https' : 'http'}://${url.host}`,
    bucket,
    prefix: folders.map((folder) => `${folder}/`).join(''),
    region,
    accessKeyId,
    secretAccessKey,
    directEndpoint: direct,
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
