/** Fingers, mouse and wheel on a picture: two enlarge it, one moves it, leafs on, or pulls it away. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { moveBy, type Point, type Size, toggleAt, WHOLE, type Zoom, zoomAt } from './zoom.ts';

export interface ZoomActions {
  /** By -1 or 1. */
  readonly onSwipe: (step: -1 | 1) => void;
  /** Pulled down: away with it. */
  readonly onPull: () => void;
}

/** As far as a finger goes before it means something, and that quickly for a second tap. */
const SWIPE_PX = 60;
const PULL_PX = 90;
const TAP_PX = 10;
const DOUBLE_TAP_MS = 300;
const WHEEL_FACTOR = 1.002;

/** `key`: another picture begins whole. */
export function useZoom(key: string, actions: ZoomActions) {
  const stage = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState<Zoom>(WHOLE);
  const latest = useRef({ zoom, actions });
  latest.current = { zoom, actions };
  useEffect(() => setZoom(WHOLE), [key]);
  useEffect(() => {
    const element = stage.current;
    if (element === null) return undefined;
    return listen(element, {
      get: () => latest.current.zoom,
      set(zoom) {
        latest.current.zoom = zoom;
        setZoom(zoom);
      },
      actions: () => latest.current.actions,
    });
  }, []);

  function toggle(): void {
    if (stage.current !== null) setZoom(toggleAt(zoom, { x: 0, y: 0 }, sizeOf(stage.current)));
  }

  return { stage, zoom, toggle };
}

interface Held {
  get(): Zoom;
  set(zoom: Zoom): void;
  actions(): ZoomActions;
}

/** Answers what ends it. */
function listen(element: HTMLElement, held: Held): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  const fingers = new Map<number, Point>();
  let begun: Point | undefined;
  let wasPinched = false;
  let tapped = { atMs: 0, x: 0, y: 0 };

  function pointOf({ clientX, clientY }: MouseEvent): Point {
    const { left, top, width, height } = element.getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }

  function onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    if (fingers.size === 0) {
      begun = pointOf(event);
      wasPinched = false;
    }
    fingers.set(event.pointerId, pointOf(event));
    element.setPointerCapture(event.pointerId);
  }

  function onMove(event: PointerEvent): void {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const now = pointOf(event);
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    fingers.set(event.pointerId, now);
    const size = sizeOf(element);
    const by = { x: now.x - before.x, y: now.y - before.y };
    if (other === undefined) {
      if (held.get().scale > 1) held.set(moveBy(held.get(), by, size));
      return;
    }
    wasPinched = true;
    const factor = distance(now, other) / Math.max(distance(before, other), 1);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    const moved = moveBy(held.get(), { x: by.x / 2, y: by.y / 2 }, size);
    held.set(zoomAt(moved, factor, middle, size));
  }

  function onUp(event: PointerEvent): void {
    if (!fingers.delete(event.pointerId) || fingers.size > 0 || begun === undefined || wasPinched) return;
    if (event.type === 'pointercancel') return;
    const end = pointOf(event);
    const by = { x: end.x - begun.x, y: end.y - begun.y };
    if (Math.hypot(by.x, by.y) < TAP_PX) tap(end);
    else if (held.get().scale === 1) swipe(by, event.pointerType === 'touch');
  }

  function swipe({ x, y }: Point, isFinger: boolean): void {
    if (Math.abs(x) > SWIPE_PX && Math.abs(x) > Math.abs(y)) held.actions().onSwipe(x < 0 ? 1 : -1);
    else if (isFinger && y > PULL_PX) held.actions().onPull();
  }

  function tap(at: Point): void {
    const now = performance.now();
    const isSecond = now - tapped.atMs < DOUBLE_TAP_MS && distance(at, tapped) < 4 * TAP_PX;
    tapped = { ...at, atMs: isSecond ? 0 : now };
    if (isSecond) held.set(toggleAt(held.get(), at, sizeOf(element)));
  }

  function onWheel(event: WheelEvent): void {
    event.preventDefault();
    held.set(zoomAt(held.get(), WHEEL_FACTOR ** -event.deltaY, pointOf(event), sizeOf(element)));
  }

  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  for (const name of ['pointerup', 'pointercancel'] as const)
    element.addEventListener(name, onUp, { signal });
  element.addEventListener('wheel', onWheel, { signal, passive: false });
  return () => ended.abort();
}

function sizeOf({ clientWidth: width, clientHeight: height }: HTMLElement): Size {
  return { width, height };
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
