/**
 * How a picture lies in its place: enlarged about a point, and moved so that no more of its edge comes into view than has
 * to. Lengths are in pixels, from the middle of the place.
 */

export interface Zoom {
  /** 1: as a whole. */
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
export const SCALE_MAX = 8;
/** What a double tap enlarges to. */
export const SCALE_CLOSE = 2.5;

/** What is under `point` stays there. */
export function zoomAt({ scale, x, y }: Zoom, factor: number, point: Point, size: Size): Zoom {
  const wanted = Math.min(Math.max(scale * factor, 1), SCALE_MAX);
  const ratio = wanted / scale;
  return within(
    { scale: wanted, x: point.x - (point.x - x) * ratio, y: point.y - (point.y - y) * ratio },
    size,
  );
}

export function moveBy({ scale, x, y }: Zoom, { x: byX, y: byY }: Point, size: Size): Zoom {
  return within({ scale, x: x + byX, y: y + byY }, size);
}

/** Close to the point, or whole again. */
export function toggleAt(zoom: Zoom, point: Point, size: Size): Zoom {
  return zoom.scale > 1 ? WHOLE : zoomAt(zoom, SCALE_CLOSE, point, size);
}

function within({ scale, x, y }: Zoom, { width, height }: Size): Zoom {
  const [mostX, mostY] = [(width * (scale - 1)) / 2, (height * (scale - 1)) / 2];
  return { scale, x: clamp(x, mostX), y: clamp(y, mostY) };
}

function clamp(value: number, most: number): number {
  // No -0, which is another number to whoever compares.
  return Math.min(Math.max(value, -most), most) + 0;
}
