/** What Exif says of how a camera was held: the one thing of it that is needed before a picture is decoded. */

const ORIENTATION_TAG = 0x0112;
/** Of the eight orientations, those that are a quarter off. */
const QUARTERS = new Set([5, 6, 7, 8]);
const ENTRY_BYTES = 12;

/** Whether width and height change places. Takes the content of Exif (a TIFF), and never fails, whatever it is. */
export function isTurnedByExif(exif: Buffer): boolean {
  const order = exif.toString('latin1', 0, 2);
  if (exif.length < 8 || (order !== 'II' && order !== 'MM')) return false;
  const isLittle = order === 'II';
  const short = (at: number): number => (isLittle ? exif.readUInt16LE(at) : exif.readUInt16BE(at));
  const first = isLittle ? exif.readUInt32LE(4) : exif.readUInt32BE(4);
  if (first + 2 > exif.length) return false;
  const start = first + 2;
  const end = Math.min(start + short(first) * ENTRY_BYTES, exif.length - ENTRY_BYTES + 1);
  for (let at = start; at < end; at += ENTRY_BYTES) {
    if (short(at) === ORIENTATION_TAG) return QUARTERS.has(short(at + 8));
  }
  return false;
}
