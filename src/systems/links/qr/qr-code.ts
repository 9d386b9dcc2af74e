/** QR codes (ISO/IEC 18004) as pictures: of any colours that a camera can still tell apart. */
import { invalidField } from '../../../core/errors.ts';
import { encodeModules, type Modules, type QrLevel } from './qr-modules.ts';
import { pngOf } from './two-colour-png.ts';

export const QR_SIZE_MIN = 64;
export const QR_SIZE_MAX = 2_048;
export const QR_SIZE_DEFAULT = 512;
/** In modules. The standard asks for 4; less is read by most cameras on a light page. */
export const QR_MARGIN_MAX = 16;
export const QR_MARGIN_DEFAULT = 4;
export const QR_FORMATS = ['svg', 'png'] as const;
export type QrFormat = (typeof QR_FORMATS)[number];
/** As WCAG 2 measures contrast, 1 to 21. Below, cameras fail in poor light. */
export const CONTRAST_MIN = 4;

export interface QrRequest {
  readonly text: string;
  readonly format: QrFormat;
  /** Pixels on each side. */
  readonly size: number;
  readonly margin: number;
  readonly level: QrLevel;
  /** Six hexadecimal digits, as the other one. */
  readonly dark: string;
  readonly light: string;
}

export interface QrPicture {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** Fails with `invalid` for colours that cannot be told apart, and a size that is too small for its modules. */
export async function drawQrCode(request: QrRequest): Promise<QrPicture> {
  const { text, format, size, margin, level } = request;
  const [dark, light] = [colourOf('dark', request.dark), colourOf('light', request.light)];
  refuseUnreadable(dark, light);
  const modules = encodeModules(text, level, margin);
  if (size < modules.length) throw invalidField('size', `must be ${modules.length} or more for this margin.`);
  if (format === 'svg') {
    return { mediaType: 'image/svg+xml', bytes: Buffer.from(svgOf(modules, size, request)) };
  }
  return { mediaType: 'image/png', bytes: await pngOf(modules, size, { dark, light }) };
}

type Colour = readonly [red: number, green: number, blue: number];

function colourOf(field: string, text: string): Colour {
  const digits = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (digits === null) throw invalidField(field, 'must be six hexadecimal digits, such as 1d3557.');
  const [, red = '', green = '', blue = ''] = digits;
  return [Number.parseInt(red, 16), Number.parseInt(green, 16), Number.parseInt(blue, 16)];
}

function refuseUnreadable(dark: Colour, light: Colour): void {
  const contrast = (luminanceOf(light) + 0.05) / (luminanceOf(dark) + 0.05);
  if (contrast >= CONTRAST_MIN) return;
  throw invalidField(
    'dark',
    `must be darker than light, with a contrast of at least ${CONTRAST_MIN} (it is ${contrast.toFixed(1)}): else cameras do not read it.`,
  );
}

/** Relative luminance as in WCAG 2. */
function luminanceOf(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function svgOf(modules: Modules, size: number, { dark, light }: Pick<QrRequest, 'dark' | 'light'>): string {
  const side = modules.length;
  const runs = modules.flatMap((line, y) =>
    runsOf(line).map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges"><path fill="#${bare(light)}" d="M0 0h${side}v${side}h-${side}z"/><path fill="#${bare(dark)}" d="${runs.join('')}"/></svg>`;
}

function bare(colour: string): string {
  return colour.replace('#', '').toLowerCase();
}

/** Where dark modules stand side by side: the first one, and how many. */
function runsOf(line: readonly boolean[]): [x: number, length: number][] {
  const runs: [number, number][] = [];
  for (const [x, dark] of line.entries()) {
    const last = runs.at(-1);
    if (!dark) continue;
    if (last !== undefined && last[0] + last[1] === x) last[1] += 1;
    else runs.push([x, 1]);
  }
  return runs;
}
