/** What is drawn under the marks of a map: streets or, where none are known, a grid to judge distances by; the borders of cities, cells, and ways. */
import { drawDot, type MapDot, type Series } from './map-dots.ts';
import { type Box, type Place, type Point, placeAt, type Size, toScreen, type View } from './mercator.ts';
import { drawStreets, type StreetColours, type StreetSheet } from './street-drawing.ts';

/** pending: not begun. active: what is being done now. done: what was. */
export type LineState = 'pending' | 'active' | 'done';

export interface MapLine {
  readonly places: readonly Place[];
  readonly state: LineState;
}

/** A part of the city, the darker the higher its level: 0 to 1. */
export interface MapCell {
  readonly corners: readonly Place[];
  readonly strength: number;
  /** Written into it, where there is room. */
  readonly label?: string;
}

export interface Drawing {
  readonly view: View;
  readonly size: Size;
  readonly streets: StreetSheet | undefined;
  readonly borders: readonly Box[];
  readonly cells: readonly MapCell[];
  readonly lines: readonly MapLine[];
  readonly dots: readonly MapDot[];
}

interface Colours {
  readonly ground: string;
  readonly grid: string;
  readonly text: string;
  readonly ink: string;
  readonly border: string;
  readonly casing: string;
  readonly cell: string;
  readonly streets: StreetColours;
  readonly line: Readonly<Record<LineState, string>>;
  readonly series: Readonly<Record<Series, string>>;
}

/** Fractions of a degree of which a grid is made, and at least so far apart. */
const GRID_DEGREES = [90, 30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const GRID_PX_MIN = 90;
/** Of a cell with room for `1.5×`. */
const LABEL_PX_MIN = 36;

export function draw(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { width, height } = drawing.size;
  const sharpness = devicePixelRatio;
  canvas.width = Math.round(width * sharpness);
  canvas.height = Math.round(height * sharpness);
  context.scale(sharpness, sharpness);
  const colours = coloursOf(canvas);
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, width, height);
  if (drawing.streets?.isEmpty === false) drawStreets(context, drawing.streets, drawing, colours.streets);
  else drawGrid(context, drawing, colours);
  for (const cell of drawing.cells) drawCell(context, drawing, cell, colours);
  for (const border of drawing.borders) drawBorder(context, drawing, border, colours);
  for (const line of drawing.lines) drawLine(context, drawing, line, colours);
  for (const dot of drawing.dots) {
    const own = colours.series[dot.series];
    drawDot(context, dot, toScreen(drawing.view, drawing.size, dot.place), { own, edge: colours.casing });
  }
}

function coloursOf(element: HTMLElement): Colours {
  // A property of its own is resolved to a colour only where it is used.
  const probe = document.createElement('i');
  element.parentElement?.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    ...{ ground: colour('sunken'), grid: colour('line'), text: colour('muted'), border: colour('edge') },
    ...{ casing: colour('surface'), cell: colour('series-2'), ink: colour('text') },
    streets: {
      thin: colour('street'),
      edge: colour('line'),
      street: colour('surface'),
      motorway: colour('tint'),
    },
    series: {
      ...{ 1: colour('series-1'), 2: colour('series-2'), 3: colour('series-3') },
      ...{ 4: colour('series-4'), 5: colour('series-5') },
    },
    line: { pending: colour('muted'), active: colour('accent'), done: colour('edge') },
  };
  probe.remove();
  return colours;
}

function drawGrid(context: CanvasRenderingContext2D, drawing: Drawing, colours: Colours): void {
  const { view, size } = drawing;
  const northWest = placeAt(view, size, { x: 0, y: 0 });
  const southEast = placeAt(view, size, { x: size.width, y: size.height });
  const pxPerDegree = view.worldPx / 360;
  const step = GRID_DEGREES.findLast((degrees) => degrees * pxPerDegree >= GRID_PX_MIN) ?? 90;
  context.strokeStyle = colours.grid;
  context.fillStyle = colours.text;
  context.font = '11px system-ui, sans-serif';
  context.lineWidth = 1;
  const east = southEast.lng < northWest.lng ? southEast.lng + 360 : southEast.lng;
  for (let n = Math.ceil(northWest.lng / step); n * step <= east; n += 1) {
    const { x } = toScreen(view, size, { lat: northWest.lat, lng: n * step });
    stroke(context, [
      { x, y: 0 },
      { x, y: size.height },
    ]);
    context.fillText(degreesText(n * step, step), x + 4, 14);
  }
  for (let n = Math.ceil(southEast.lat / step); n * step <= northWest.lat; n += 1) {
    const { y } = toScreen(view, size, { lat: n * step, lng: northWest.lng });
    stroke(context, [
      { x: 0, y },
      { x: size.width, y },
    ]);
    context.fillText(degreesText(n * step, step), 4, y - 4);
  }
}

function degreesText(degrees: number, step: number): string {
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  return `${degrees.toFixed(digits)}°`;
}

function drawBorder(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  { south, west, north, east }: Box,
  colours: Colours,
): void {
  const corners = [
    { lat: north, lng: west },
    { lat: north, lng: east },
    { lat: south, lng: east },
    { lat: south, lng: west },
    { lat: north, lng: west },
  ];
  context.strokeStyle = colours.border;
  context.lineWidth = 1.5;
  context.setLineDash([2, 4]);
  stroke(context, onScreen(drawing, corners));
  context.setLineDash([]);
}

function drawCell(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  { corners, strength, label }: MapCell,
  colours: Colours,
): void {
  const points = onScreen(drawing, corners);
  context.globalAlpha = 0.12 + 0.33 * strength;
  context.fillStyle = colours.cell;
  path(context, points);
  context.closePath();
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colours.cell;
  context.lineWidth = 1;
  context.stroke();
  if (label !== undefined) drawLabel(context, points, label, colours);
}

/** In the middle of the points, if these are far enough apart. */
function drawLabel(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  label: string,
  colours: Colours,
): void {
  const across = points.map(({ x }) => x);
  if (Math.max(...across) - Math.min(...across) < LABEL_PX_MIN) return;
  const middle = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const [x, y] = [middle(across), middle(points.map((point) => point.y))];
  context.font = '600 13px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineWidth = 4;
  context.lineJoin = 'round';
  context.strokeStyle = colours.casing;
  context.strokeText(label, x, y);
  context.fillStyle = colours.ink;
  context.fillText(label, x, y);
  context.textAlign = 'start';
  context.textBaseline = 'alphabetic';
}

/** Its state is told by how it is drawn, not by its colour alone. */
function drawLine(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  { places, state }: MapLine,
  colours: Colours,
): void {
  const points = onScreen(drawing, places);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  if (state === 'active') {
    context.strokeStyle = colours.casing;
    context.lineWidth = 8;
    stroke(context, points);
  }
  context.strokeStyle = colours.line[state];
  context.lineWidth = state === 'active' ? 4 : 3;
  context.globalAlpha = state === 'done' ? 0.5 : 1;
  context.setLineDash(state === 'pending' ? [2, 8] : []);
  stroke(context, points);
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function onScreen({ view, size }: Drawing, places: readonly Place[]): readonly Point[] {
  return places.map((place) => toScreen(view, size, place));
}

function path(context: CanvasRenderingContext2D, points: readonly Point[]): void {
  context.beginPath();
  for (const { x, y } of points) context.lineTo(x, y);
}

function stroke(context: CanvasRenderingContext2D, points: readonly Point[]): void {
  path(context, points);
  context.stroke();
}
