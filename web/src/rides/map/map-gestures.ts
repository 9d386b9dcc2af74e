/** Fingers, mouse, wheel and keys on a map. A tap chooses a place; everything else moves the map. */
import { movedBy, type Point, type Size, type View, zoomedAt } from './mercator.ts';

export interface MapHandle {
  get(): View;
  set(view: View): void;
  onTap(point: Point): void;
}

const TAP_PX = 10;
const WHEEL_FACTOR = 1.002;
const KEY_PX = 64;
export const ZOOM_STEP = 1.6;
const KEY_MOVES: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: KEY_PX, y: 0 },
  ArrowRight: { x: -KEY_PX, y: 0 },
  ArrowUp: { x: 0, y: KEY_PX },
  ArrowDown: { x: 0, y: -KEY_PX },
};
const KEY_ZOOMS: Readonly<Record<string, number>> = { '+': ZOOM_STEP, '=': ZOOM_STEP, '-': 1 / ZOOM_STEP };

/** Answers what ends it. */
export function listenToGestures(element: HTMLElement, map: MapHandle): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  const fingers = new Map<number, Point>();
  let travelledPx = 0;

  function pointOf({ clientX, clientY }: MouseEvent): Point {
    const { left, top } = element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  function onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    if (fingers.size === 0) travelledPx = 0;
    fingers.set(event.pointerId, pointOf(event));
    element.setPointerCapture(event.pointerId);
  }

  function onMove(event: PointerEvent): void {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const now = pointOf(event);
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    fingers.set(event.pointerId, now);
    const by = { x: now.x - before.x, y: now.y - before.y };
    travelledPx += Math.hypot(by.x, by.y);
    if (other === undefined) {
      if (travelledPx > TAP_PX) map.set(movedBy(map.get(), by));
      return;
    }
    travelledPx = Number.POSITIVE_INFINITY;
    const factor = distance(now, other) / Math.max(distance(before, other), 1);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    map.set(zoomedAt(movedBy(map.get(), { x: by.x / 2, y: by.y / 2 }), sizeOf(element), middle, factor));
  }

  function onUp(event: PointerEvent): void {
    if (!fingers.delete(event.pointerId) || fingers.size > 0 || event.type === 'pointercancel') return;
    if (travelledPx <= TAP_PX) map.onTap(pointOf(event));
  }

  function onWheel(event: WheelEvent): void {
    event.preventDefault();
    map.set(zoomedAt(map.get(), sizeOf(element), pointOf(event), WHEEL_FACTOR ** -event.deltaY));
  }

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== element) return;
    const move = KEY_MOVES[event.key];
    const factor = KEY_ZOOMS[event.key];
    if (move === undefined && factor === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (move !== undefined) map.set(movedBy(map.get(), move));
    if (factor !== undefined) map.set(zoomedBy(map.get(), sizeOf(element), factor));
  }

  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  for (const name of ['pointerup', 'pointercancel'] as const)
    element.addEventListener(name, onUp, { signal });
  element.addEventListener('wheel', onWheel, { signal, passive: false });
  element.addEventListener('keydown', onKey, { signal });
  return () => ended.abort();
}

/** Around its middle. */
export function zoomedBy(view: View, size: Size, factor: number): View {
  return zoomedAt(view, size, { x: size.width / 2, y: size.height / 2 }, factor);
}

export function sizeOf({ clientWidth: width, clientHeight: height }: HTMLElement): Size {
  return { width, height };
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
