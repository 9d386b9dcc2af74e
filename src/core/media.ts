/** Pictures of posts, as all systems speak of them. */
import type { Id } from './ids.ts';

/** `processing`: stored, its variants are being made. `failed`: it is no picture that can be shown. */
export type MediaState = 'processing' | 'ready' | 'failed';

/** What a picture is for on the profile of its owner. */
export const PROFILE_PICTURES = ['avatar', 'header'] as const;
export type ProfilePicture = (typeof PROFILE_PICTURES)[number];

/**
 * Sizes in which a picture is there: a square of 150, so many pixels wide, and as large as it was sent. Those that would
 * be no smaller than `full` are left out. Pictures on profiles are also there as they are shown: cut to size.
 */
export const VARIANTS = ['150', '320', '640', '1080', 'full', ...PROFILE_PICTURES] as const;
export type VariantName = (typeof VARIANTS)[number];

export interface StoredVariant {
  readonly name: VariantName;
  readonly width: number;
  readonly height: number;
}

/**
 * A picture as it is kept with its post and told in events: JSON, without addresses, which depend on who may see it. A
 * release must understand what earlier ones wrote.
 */
export interface StoredMedia {
  readonly media_id: string;
  /** Of its blobs. Tells nothing and opens nothing. */
  readonly key: string;
  readonly state: MediaState;
  /** Of more than one frame, of which the first is shown. */
  readonly animated: boolean;
  /** Of the variant `full`; null while that is not known. */
  readonly width: number | null;
  readonly height: number | null;
  /** A blurred preview (thumbhash, base64); null while that is not known. */
  readonly thumbhash: string | null;
  readonly alt: string | null;
  /** What to keep in view when it is cropped: x and y from -1 (left, bottom) to 1. */
  readonly focus: readonly [number, number] | null;
  readonly variants: readonly StoredVariant[];
}

/** A picture with its addresses. */
export interface Media {
  readonly mediaId: Id;
  readonly state: MediaState;
  readonly animated: boolean;
  /** Null where there is nothing to see: it failed. */
  readonly url: string | null;
  readonly thumbnailUrl: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly thumbhash: string | null;
  readonly alt: string | null;
  readonly focus: readonly [number, number] | null;
  readonly variants: readonly (StoredVariant & { readonly url: string })[];
}

/**
 * Adds the addresses: lasting ones if everyone may see the pictures, and otherwise such that expire, so that they must not
 * be kept for longer than an answer takes.
 */
export type ShowMedia = (media: readonly StoredMedia[], audience: 'everyone' | 'some') => readonly Media[];

/** Where everyone finds a picture of a profile, for good, on whatever host; `key`: of its blobs. */
export type PicturePath = (key: string, picture: ProfilePicture) => string;

/** Shared by all posts that have none. */
export const NO_MEDIA: readonly never[] = [];
