/** What passes between the server and the processes that decode pictures. */
import type { ProfilePicture, StoredVariant } from '../../../core/media.ts';

export interface PictureTask {
  readonly bytes: Uint8Array;
  /** What is to be cut out of one of our own variants; by default all variants are made. */
  readonly cut?: PictureCut;
}

export interface PictureCut {
  readonly picture: ProfilePicture;
  readonly focus: readonly [number, number] | null;
}

export interface PictureFile {
  /** Such as `640.webp`. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly animated: boolean;
  /** Base64. */
  readonly thumbhash: string;
  readonly variants: readonly StoredVariant[];
  readonly files: readonly PictureFile[];
}

export interface CutPicture {
  readonly variant: StoredVariant;
  readonly files: readonly PictureFile[];
}

/** `problem`: why it is no picture that can be shown, for whoever sent it. */
export type PictureResult =
  | { readonly picture: Picture }
  | { readonly cut: CutPicture }
  | { readonly problem: string };
