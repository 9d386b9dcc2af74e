/** Streets below everything else on a map. Their paths are made once, and moved and scaled by the canvas with each frame. */
import type { Streets } from '../../api/types.ts';
import { metersPerPixel, type Point, project, type Size, type View } from './mercator.ts';

type Kind = Streets['layers'][number]['kind'];

/** Ready to be drawn, however often. */
export interface StreetSheet {
  /** Of the world; the paths begin there. */
  readonly corner: Point;
  /** The most important kind first. */
  readonly layers: readonly { readonly kind: Kind; readonly path: Path2D }[];
  readonly attributions: readonly string[];
  readonly isEmpty: boolean;
}

export interface StreetColours {
  /** Of a street too thin for edges. */
  readonly thin: string;
  readonly edge: string;
  readonly street: string;
  readonly motorway: string;
}

interface StreetWidth {
  readonly meters: number;
  readonly pxMin: number;
  readonly pxMax: number;
}

const WIDTHS: Readonly<Record<Kind, StreetWidth>> = {
  motorway: { meters: 24, pxMin: 2.5, pxMax: 18 },
  primary: { meters: 18, pxMin: 2, pxMax: 16 },
  secondary: { meters: 14, pxMin: 1.5, pxMax: 14 },
  minor: { meters: 9, pxMin: 0.75, pxMax: 11 },
};
/** Wide enough for edges beside a street. */
const EDGED_PX_MIN = 4;
/** Of the world in a path: coordinates of a canvas are good to seven digits, which these are to a hand's width. */
const PATH_SCALE = 2 ** 26;

export function layStreets({ layers, attributions }: Streets): StreetSheet {
  const [lng, lat] = layers.flatMap(({ lines }) => lines[0]?.[0] ?? []);
  const corner = project({ lat: lat ?? 0, lng: lng ?? 0 });
  return {
    corner,
    layers: layers.map(({ kind, lines }) => ({ kind, path: pathOf(lines, corner) })),
    attributions,
    isEmpty: layers.every(({ lines }) => lines.length === 0),
  };
}

function pathOf(lines: Streets['layers'][number]['lines'], corner: Point): Path2D {
  const path = new Path2D();
  for (const line of lines) {
    for (const [index, [lng, lat]] of line.entries()) {
      const { x, y } = project({ lat, lng });
      const [right, down] = [(x - corner.x) * PATH_SCALE, (y - corner.y) * PATH_SCALE];
      if (index === 0) path.moveTo(right, down);
      else path.lineTo(right, down);
    }
  }
  return path;
}

/** The least important first, so that the others go above them. */
export function drawStreets(
  context: CanvasRenderingContext2D,
  sheet: StreetSheet,
  { view, size }: { readonly view: View; readonly size: Size },
  colours: StreetColours,
): void {
  const across = sheet.corner.x - view.middle.x;
  const scale = view.worldPx / PATH_SCALE;
  const pxPerMeter = 1 / metersPerPixel(view);
  context.save();
  context.translate(
    size.width / 2 + (across - Math.round(across)) * view.worldPx,
    size.height / 2 + (sheet.corner.y - view.middle.y) * view.worldPx,
  );
  context.scale(scale, scale);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  const stroke = (path: Path2D, px: number, colour: string): void => {
    context.lineWidth = px / scale;
    context.strokeStyle = colour;
    context.stroke(path);
  };
  const drawn = sheet.layers
    .map(({ kind, path }) => ({ kind, path, px: widthPx(kind, pxPerMeter) }))
    .reverse();
  // All edges first: crossings have none.
  for (const { path, px } of drawn)
    px < EDGED_PX_MIN ? stroke(path, px, colours.thin) : stroke(path, px + 2, colours.edge);
  for (const { kind, path, px } of drawn) {
    if (px >= EDGED_PX_MIN) stroke(path, px, kind === 'motorway' ? colours.motorway : colours.street);
  }
  context.restore();
}

function widthPx(kind: Kind, pxPerMeter: number): number {
  const { meters, pxMin, pxMax } = WIDTHS[kind];
  return Math.max(pxMin, Math.min(pxMax, meters * pxPerMeter));
}
