/** What passes between the server and the processes that decode pictures. */
import type { StoredVariant } from '../../../core/media.ts';

export interface PictureTask {
  readonly bytes: Uint8Array;
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

/** `problem`: why it is no picture that can be shown, for whoever sent it. */
export type PictureResult = { readonly picture: Picture } | { readonly problem: string };
