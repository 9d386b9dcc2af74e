import encodeQR from 'qr';
import { invalidField } from '../../../core/errors.ts';

export const QR_LEVELS = ['L', 'M', 'Q', 'H'] as const;
/** How much of it may be dirty or torn: 7, 15, 25 or 30 %. */
export type QrLevel = (typeof QR_LEVELS)[number];
/** Line by line, with the margin; true is dark. */
export type Modules = readonly (readonly boolean[])[];

const ECC = { L: 'low', M: 'medium', Q: 'quartile', H: 'high' } as const;
/** What a code of the highest level holds in bytes. A short URL is a tenth of it. */
const TEXT_BYTES_MAX = 1_273;

/** Fails with `invalid` for a text that no code can hold. */
export function encodeModules(text: string, level: QrLevel, margin: number): Modules {
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) throw invalidField('text', 'is too long for a QR code.');
  // The package draws a margin of its own, but none of 0.
  const modules = encodeQR(text, 'raw', { ecc: ECC[level], border: 1 }).slice(1, -1);
  const blank = (length: number): boolean[] => Array.from({ length }, () => false);
  const lines = modules.map((line) => [...blank(margin), ...line.slice(1, -1), ...blank(margin)]);
  const side = lines.length + 2 * margin;
  const edge = Array.from({ length: margin }, () => blank(side));
  return [...edge, ...lines, ...edge];
}
