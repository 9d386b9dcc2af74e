/**
 * The addresses of pictures: `/media/<token>/<variant>`. A token is the key of the blobs, signed: for good where everyone
 * may see them, and otherwise until a time that stands in it. So whoever serves a picture need not ask who may see it, and
 * who has an address that has expired cannot make a lasting one of it. A token of a profile is good for what was cut for it,
 * and for nothing else: nobody but its owner sees what was cut away.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import {
  type Media,
  PROFILE_PICTURES,
  type ShowMedia,
  type StoredMedia,
  VARIANTS,
  type VariantName,
} from '../../../core/media.ts';
import { BLOB_KEY_PATTERN } from '../../../ports/blob-store/blob-store.ts';

export interface MediaAddresses {
  readonly show: ShowMedia;
  /** Of an address of ours; `undefined` for any other, and for one that has expired. */
  open(token: string): OpenedToken | undefined;
  /** Without the host, as everyone may see it. */
  pathOf(key: string, variant: VariantName): string;
}

export interface OpenedToken {
  readonly key: string;
  /** `undefined`: for good. */
  readonly expiresMs: number | undefined;
  /** Which it is good for. */
  readonly variants: readonly VariantName[];
}

/** Addresses that expire are the same for all who ask within an hour, so that a browser keeps the picture that long. */
const PERIOD_MS = 3_600_000;
/** They last for one to two hours. */
const PERIODS = 2;
const SIGNATURE_BYTES = 16;

export function createMediaAddresses(deps: {
  readonly secret: Buffer;
  readonly clock: Clock;
  /** Where people reach this server. */
  readonly publicUrl: () => string;
}): MediaAddresses {
  const { secret, clock, publicUrl } = deps;

  function sign(text: string): string {
    return createHmac('sha256', secret).update(text).digest().toString('base64url', 0, SIGNATURE_BYTES);
  }

  function tokenOf(key: string, audience: 'everyone' | 'some'): string {
    if (audience === 'everyone') return `${key}.${sign(key)}`;
    const until = ((Math.floor(clock.nowMs() / PERIOD_MS) + PERIODS) * PERIOD_MS).toString(36);
    return `${key}.${until}.${sign(`${key}.${until}`)}`;
  }

  function shown(media: StoredMedia, audience: 'everyone' | 'some'): Media {
    const root = `${publicUrl()}/media/${tokenOf(media.key, audience)}`;
    const urlOf = (name: VariantName): string => `${root}/${name}`;
    const hasFailed = media.state === 'failed';
    return {
      mediaId: Number(media.media_id),
      state: media.state,
      animated: media.animated,
      url: hasFailed ? null : urlOf('full'),
      thumbnailUrl: hasFailed ? null : urlOf('150'),
      width: media.width,
      height: media.height,
      thumbhash: media.thumbhash,
      alt: media.alt,
      focus: media.focus,
      variants: media.variants.map((variant) => ({ ...variant, url: urlOf(variant.name) })),
    };
  }

  const profileTokenOf = (key: string): string => `${key}.${sign(`${key}/profile`)}`;

  return {
    pathOf(key, variant) {
      const isOfProfile = PROFILE_PICTURES.some((each) => each === variant);
      return `/media/${isOfProfile ? profileTokenOf(key) : tokenOf(key, 'everyone')}/${variant}`;
    },

    show: (media, audience) => media.map((each) => shown(each, audience)),

    open(token) {
      const [key = '', ...rest] = token.split('.');
      const signature = rest.pop();
      const [until] = rest;
      if (signature === undefined || rest.length > 1 || !BLOB_KEY_PATTERN.test(key)) return undefined;
      if (until === undefined && isSame(token, profileTokenOf(key))) {
        return { key, expiresMs: undefined, variants: PROFILE_PICTURES };
      }
      const expected = sign(until === undefined ? key : `${key}.${until}`);
      if (!isSame(signature, expected)) return undefined;
      if (until === undefined) return { key, expiresMs: undefined, variants: VARIANTS };
      const expiresMs = Number.parseInt(until, 36);
      return expiresMs > clock.nowMs() ? { key, expiresMs, variants: VARIANTS } : undefined;
    },
  };
}

function isSame(text: string, other: string): boolean {
  return text.length === other.length && timingSafeEqual(Buffer.from(text), Buffer.from(other));
}
