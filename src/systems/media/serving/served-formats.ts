/** In which formats a picture is served: the first that a client takes and that there is. */
import { VARIANTS, type VariantName } from '../../../core/media.ts';

export interface ServedFormat {
  readonly extension: string;
  readonly type: string;
  isTaken(accept: string): boolean;
}

export const SERVED_FORMATS: readonly ServedFormat[] = [
  {
    extension: 'webp',
    type: 'image/webp',
    isTaken: (accept) => /\bimage\/webp\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(accept),
  },
  { extension: 'jpg', type: 'image/jpeg', isTaken: () => true },
];

/** All that there may be of a picture, as clients that take one format alone would ask for it. */
export const SERVED_FILES: readonly { readonly variant: VariantName; readonly accept: string }[] =
  VARIANTS.flatMap((variant) => SERVED_FORMATS.map(({ type }) => ({ variant, accept: type })));
