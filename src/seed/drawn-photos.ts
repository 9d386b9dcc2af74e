/** Photos of nowhere: skies, a sun and hills, so that pages of pictures have some to show. */
import sharp from 'sharp';

/** From the horizon up. */
const SKIES = [
  ['#ffb37a', '#5b3a8c'],
  ['#8fd3ff', '#2a5d9f'],
  ['#ffe3a3', '#d9644a'],
  ['#b6f0c9', '#1f6f5c'],
  ['#f5c6e0', '#53377a'],
  ['#dfe9f3', '#5f7f95'],
] as const;
const SIZES = [
  [1_600, 1_067],
  [1_067, 1_600],
  [1_600, 900],
  [1_200, 1_200],
  [2_000, 800],
  [1_500, 1_000],
] as const;

/** The n-th: always the same, and unlike its neighbours in colours and shape. */
export function drawPhoto(
  n: number,
  size: readonly [number, number] = SIZES[n % SIZES.length] ?? SIZES[0],
): Promise<Buffer> {
  const [width, height] = size;
  const [low, high] = SKIES[n % SKIES.length] ?? SKIES[0];
  const hills = [
    hill(size, { y: 0.62, steep: 0.08, phase: n, colour: high }),
    hill(size, { y: 0.75, steep: 0.06, phase: n * 1.7 + 2, colour: '#22304a' }),
    hill(size, { y: 0.88, steep: 0.04, phase: n * 2.3, colour: '#101826' }),
  ];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="${high}"/><stop offset="1" stop-color="${low}"/></linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#sky)"/>
    <circle cx="${width * (0.2 + ((n * 37) % 60) / 100)}" cy="${height * 0.35}" r="${Math.min(width, height) * 0.09}" fill="#fff6d8"/>
    ${hills.join('')}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 84 }).toBuffer();
}

interface Hill {
  /** Of the height, as all that follows. */
  readonly y: number;
  readonly steep: number;
  readonly phase: number;
  readonly colour: string;
}

function hill([width, height]: readonly [number, number], { y, steep, phase, colour }: Hill): string {
  const ridge = Array.from({ length: 41 }, (_, step) => {
    const along = step / 40;
    const wave = Math.sin(along * 6 + phase) + Math.sin(along * 17 + phase * 2) / 4;
    return `L${along * width} ${(y + wave * steep) * height}`;
  });
  return `<path d="M0 ${height}${ridge.join('')}L${width} ${height}z" fill="${colour}" fill-opacity="0.85"/>`;
}
