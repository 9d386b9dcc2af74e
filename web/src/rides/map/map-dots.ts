/** Many things on a map at once, drawn rather than built of elements. What they are is told by their shapes, not by their colours alone. */
import type { Place, Point } from './mercator.ts';

/** As paths in a box of 16 by 16, for the canvas and for legends. */
export const DOT_SHAPES = {
  circle: 'M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2z',
  triangle: 'M8 1l7 13H1z',
  square: 'M3 3h10v10H3z',
  diamond: 'M8 0l8 8-8 8-8-8z',
  cross: 'M3 1l5 5 5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5-5-5z',
  pin: 'M8 16C3.500 10.500 2 8.500 2 6a6 6 0 0 1 12 0c0 2.500-1.500 4.500-6 10z',
} as const;
export type DotShape = keyof typeof DOT_SHAPES;
export type Series = 1 | 2 | 3 | 4 | 5;

export interface MapDot {
  readonly place: Place;
  readonly shape: DotShape;
  readonly series: Series;
  /** Nothing was heard of it for a while. */
  readonly isHollow?: boolean;
}

const BOX_PX = 16;
const EDGE_PX = 1.5;

export function drawDot(
  context: CanvasRenderingContext2D,
  { shape, isHollow = false }: MapDot,
  { x, y }: Point,
  colours: { readonly own: string; readonly edge: string },
): void {
  const outline = pathOf(shape);
  context.save();
  // A pin points at its place; everything else is around it.
  context.translate(x - BOX_PX / 2, y - (shape === 'pin' ? BOX_PX : BOX_PX / 2));
  context.lineWidth = isHollow ? 2 * EDGE_PX : EDGE_PX;
  context.fillStyle = isHollow ? colours.edge : colours.own;
  context.strokeStyle = isHollow ? colours.own : colours.edge;
  context.fill(outline);
  context.stroke(outline);
  context.restore();
}

const paths = new Map<DotShape, Path2D>();

function pathOf(shape: DotShape): Path2D {
  const path = paths.get(shape) ?? new Path2D(DOT_SHAPES[shape]);
  paths.set(shape, path);
  return path;
}
