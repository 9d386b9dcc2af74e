/**
 * A map that needs no server of tiles: a canvas with what there is to know, streets too, and marks above it, which are elements with
 * names. Whatever can be chosen by tapping can be chosen by moving the map under its middle and pressing a button.
 */
import { type ReadonlySignal, useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton } from '../../ui/button.tsx';
import { lengthText } from '../ride-words.ts';
import type { MapDot } from './map-dots.ts';
import { draw, type MapCell, type MapLine } from './map-drawing.ts';
import { listenToGestures, sizeOf, ZOOM_STEP, zoomedBy } from './map-gestures.ts';
import {
  type Box,
  fitting,
  type Place,
  placeAt,
  type Size,
  scaleBar,
  toScreen,
  type View,
} from './mercator.ts';
import type { StreetSheet } from './street-drawing.ts';
import { useStreets } from './use-streets.ts';
import './ride-map.css';

export interface MapMark {
  readonly key: string;
  readonly place: Place;
  /** Read out, and written below the mark. */
  readonly label: string;
  readonly kind: 'pickup' | 'dropoff' | 'driver' | 'me' | 'chosen';
  /** Nothing was heard of it for a while: hollow. */
  readonly isStale?: boolean;
}

export interface RideMapProps {
  /** What it is a map of. */
  readonly label: string;
  readonly view: ReadonlySignal<View | undefined>;
  readonly onView: (view: View) => void;
  readonly marks?: readonly MapMark[];
  readonly lines?: readonly MapLine[];
  readonly cells?: readonly MapCell[];
  readonly borders?: readonly Box[];
  /** Above all of these, below the marks. */
  readonly dots?: readonly MapDot[];
  /** In pixels, at first and whenever it changes. */
  readonly onSize?: (size: Size) => void;
  /** Shows where its middle is, which is being chosen. */
  readonly isAiming?: boolean;
  readonly onTap?: (place: Place) => void;
  /** What the map shall show; the button brings it back. */
  readonly home: Box | undefined;
  /** Of what is going on: where it changes, the map shows its home again. */
  readonly homeKey: string;
  readonly children?: ComponentChildren;
}

const NONE: readonly never[] = [];
/** What is fitted into the map, and its name, lies beside the buttons, and not under them. */
const MARGIN: Size = { width: 92, height: 56 };
const BAR_PX = 100;

export function RideMap(props: RideMapProps) {
  const { label, view, onView, home, homeKey, marks = NONE, isAiming = false } = props;
  const stage = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal<Size>({ width: 0, height: 0 });
  const latest = useRef(props);
  latest.current = props;

  useLayoutEffect(() => {
    const element = stage.current;
    if (element === null) return undefined;
    const measure = () => {
      size.value = sizeOf(element);
      latest.current.onSize?.(size.value);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    const end = listenToGestures(element, {
      get: () => latest.current.view.peek() ?? START,
      set: (wanted) => latest.current.onView(wanted),
      onTap: (point) =>
        latest.current.onTap?.(placeAt(latest.current.view.peek() ?? START, size.peek(), point)),
    });
    return () => {
      observer.disconnect();
      end();
    };
  }, []);
  const fitted = useRef<View | undefined>(undefined);
  const { width, height } = size.value;
  const isKnown = home !== undefined && width > 0;
  useEffect(() => showHome(), [isKnown, homeKey]);
  // What comes below the map takes from its height: what it showed by itself it goes on showing.
  useEffect(() => {
    if (fitted.current !== undefined && view.peek() === fitted.current) showHome();
  }, [width, height]);
  const streets = useStreets(view, size);
  useDrawing(canvas, latest, size, streets);

  const seen = view.value;
  return (
    <div class="ride-map">
      <div
        ref={stage}
        class="ride-map-stage"
        role="application"
        aria-label={`${label}. Arrows move it, + and - zoom.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is moved by keys.
        tabIndex={0}
      >
        <canvas ref={canvas} />
        {seen !== undefined &&
          marks.map((mark) => <Mark key={mark.key} mark={mark} view={seen} size={size.value} />)}
        {isAiming && <span class="ride-map-aim" aria-hidden="true" />}
      </div>
      <div class="ride-map-buttons">
        <IconButton icon="larger" label="Zoom in" onClick={() => zoom(ZOOM_STEP)} />
        <IconButton icon="smaller" label="Zoom out" onClick={() => zoom(1 / ZOOM_STEP)} />
        {home !== undefined && <IconButton icon="target" label="Show all of it" onClick={showHome} />}
      </div>
      {seen !== undefined && <ScaleBar view={seen} />}
      {streets !== undefined && streets.attributions.length > 0 && (
        <p class="ride-map-attribution small">{streets.attributions.join(', ')}</p>
      )}
      {props.children}
    </div>
  );

  function showHome(): void {
    if (!isKnown || home === undefined) return;
    fitted.current = fitting(home, size.peek(), MARGIN);
    onView(fitted.current);
  }

  function zoom(factor: number): void {
    const now = view.peek();
    if (now !== undefined) onView(zoomedBy(now, size.peek(), factor));
  }
}

const START: View = { middle: { x: 0.5, y: 0.5 }, worldPx: 512 };

/** Once for all changes that a frame shows. */
function useDrawing(
  canvas: { readonly current: HTMLCanvasElement | null },
  latest: { readonly current: RideMapProps },
  size: ReadonlySignal<Size>,
  streets: StreetSheet | undefined,
): void {
  const frame = useRef(0);
  const sheet = useRef(streets);
  sheet.current = streets;
  const { view, lines, cells, borders, dots } = latest.current;
  function drawSoon(): void {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      const { view: now, lines: ways = NONE, cells: parts = NONE, borders: boxes = NONE } = latest.current;
      const { dots: points = NONE } = latest.current;
      const seen = now.peek();
      if (canvas.current === null || seen === undefined || size.peek().width === 0) return;
      draw(canvas.current, {
        ...{
          view: seen,
          size: size.peek(),
          streets: sheet.current,
          borders: boxes,
          cells: parts,
          lines: ways,
          dots: points,
        },
      });
    });
  }
  useSignalEffect(() => {
    void view.value;
    void size.value;
    drawSoon();
  });
  useEffect(drawSoon, [lines, cells, borders, dots, streets]);
  useEffect(() => {
    // Its colours are those of the theme.
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const observer = new MutationObserver(drawSoon);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    dark.addEventListener('change', drawSoon);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', drawSoon);
      cancelAnimationFrame(frame.current);
    };
  }, []);
}

function Mark({ mark, view, size }: { readonly mark: MapMark; readonly view: View; readonly size: Size }) {
  const { x, y } = toScreen(view, size, mark.place);
  const classes = `ride-mark ride-mark-${mark.kind}${mark.isStale ? ' ride-mark-stale' : ''}`;
  return (
    <div class={classes} style={{ transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)` }}>
      <span class="ride-mark-head" aria-hidden="true" />
      <span class="ride-mark-label">{mark.label}</span>
    </div>
  );
}

function ScaleBar({ view }: { readonly view: View }) {
  const { meters, pixels } = scaleBar(view, BAR_PX);
  return (
    <p class="ride-map-scale small figures" style={{ width: `${Math.round(pixels)}px` }}>
      {lengthText(meters)}
    </p>
  );
}
