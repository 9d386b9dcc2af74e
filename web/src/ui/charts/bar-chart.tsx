/**
 * Counts over time: a bar for each interval from a zero line, the last of them hatched while it goes on, a second count
 * as hollow boxes above, and the period before as a dashed line. One point at a time can be read: by pointing, or by
 * the arrow keys; all of them as a table.
 */
import { useId, useRef, useState } from 'preact/hooks';
import { compactCount } from '../count.tsx';
import './bar-chart.css';
import { Hatching } from './hatching.tsx';
import { labelledPlaces, roundedUp, ticksOf } from './scale.ts';
import { useWidth } from './use-width.ts';

export interface Bar {
  /** Of the interval, in full. */
  readonly name: string;
  /** In little room, below the bar. */
  readonly mark: string;
  readonly value: number;
  /** Counted apart, and shown above. */
  readonly other?: number | undefined;
  /** In the same place of the period before. */
  readonly before?: number | undefined;
  /** Still going on, or yet to come. */
  readonly state?: 'unfinished' | 'to_come' | undefined;
  /** All that is known of it, in words. */
  readonly text: string;
}

const HEIGHT = 200;
const TOP = 12;
const BOTTOM = 24;
const BAR_WIDTH_MAX = 48;
const MARK_WIDTH = 56;

export function BarChart({ name, bars }: { readonly name: string; readonly bars: readonly Bar[] }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [chosen, setChosen] = useState<number>();
  const lastPast = bars.findLastIndex(({ state }) => state !== 'to_come');
  const shown = Math.min(chosen ?? lastPast, bars.length - 1);

  function read(event: KeyboardEvent): void {
    const to = {
      ArrowLeft: shown - 1,
      ArrowRight: shown + 1,
      ArrowDown: shown - 1,
      ArrowUp: shown + 1,
      Home: 0,
      End: lastPast,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setChosen(Math.min(Math.max(to, 0), bars.length - 1));
  }

  return (
    <div class="bar-chart">
      <p class="bar-chart-reading small figures" aria-hidden="true">
        {bars[shown]?.text}
      </p>
      <div
        ref={box}
        class="bar-chart-box"
        role="slider"
        tabIndex={0}
        aria-label={`${name}. Arrow keys read its points.`}
        aria-valuemin={0}
        aria-valuemax={Math.max(bars.length - 1, 0)}
        aria-valuenow={Math.max(shown, 0)}
        aria-valuetext={bars[shown]?.text}
        onKeyDown={read}
        onPointerMove={(event) => setChosen(barAt(event, bars.length))}
        onPointerDown={(event) => setChosen(barAt(event, bars.length))}
        onPointerLeave={() => setChosen(undefined)}
      >
        {width > 0 && <Drawing bars={bars} width={width} chosen={chosen} />}
      </div>
    </div>
  );
}

/** Room for the numbers of the lines, on the left. */
const LEFT = 40;

function barAt({ clientX, currentTarget }: PointerEvent, count: number): number {
  const { left, width } = (currentTarget as HTMLElement).getBoundingClientRect();
  const index = Math.floor(((clientX - left - LEFT) / (width - LEFT)) * count);
  return Math.min(Math.max(index, 0), count - 1);
}

function Drawing(props: {
  readonly bars: readonly Bar[];
  readonly width: number;
  readonly chosen: number | undefined;
}) {
  const { bars, width, chosen } = props;
  const hatching = useId();
  const top = roundedUp(
    Math.max(...bars.map(({ value, other = 0, before = 0 }) => Math.max(value + other, before)), 1),
  );
  const step = (width - LEFT) / bars.length;
  const barWidth = Math.min(Math.max(step - Math.min(step * 0.25, 8), 1), BAR_WIDTH_MAX);
  const x = (index: number) => LEFT + index * step + (step - barWidth) / 2;
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const before = bars.flatMap((bar, index) =>
    bar.before === undefined ? [] : [`${x(index) + barWidth / 2},${y(bar.before)}`],
  );
  return (
    <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
      <defs>
        <Hatching id={hatching} />
      </defs>
      {ticksOf(top).map((tick) => (
        <g key={tick}>
          <line
            class={tick === 0 ? 'chart-zero' : 'chart-line'}
            x1={LEFT}
            x2={width}
            y1={y(tick)}
            y2={y(tick)}
          />
          <text class="chart-text" x={LEFT - 8} y={y(tick)} text-anchor="end" dominant-baseline="central">
            {compactCount(tick)}
          </text>
        </g>
      ))}
      {chosen !== undefined && (
        <rect
          class="chart-chosen"
          x={LEFT + chosen * step}
          y={TOP}
          width={step}
          height={HEIGHT - TOP - BOTTOM}
        />
      )}
      {bars.map(({ name, value, other = 0, state }, index) => (
        <g key={name}>
          <rect
            class={state === 'unfinished' ? 'chart-bar chart-unfinished' : 'chart-bar'}
            {...(state === 'unfinished' && { fill: `url(#${hatching})` })}
            x={x(index)}
            y={y(value)}
            width={barWidth}
            height={y(0) - y(value)}
          />
          {other > 0 && (
            <rect
              class="chart-other"
              x={x(index) + 0.75}
              y={y(value + other) + 0.75}
              width={Math.max(barWidth - 1.5, 1)}
              height={Math.max(y(value) - y(value + other) - 1.5, 1)}
            />
          )}
        </g>
      ))}
      {before.length > 1 && (
        <>
          <polyline class="chart-before-edge" points={before.join(' ')} />
          <polyline class="chart-before" points={before.join(' ')} />
        </>
      )}
      {labelledPlaces(bars.length, width - LEFT, MARK_WIDTH).map((index) => (
        <text
          key={index}
          class="chart-text"
          x={Math.min(x(index) + barWidth / 2, width - 20)}
          y={HEIGHT - 6}
          text-anchor="middle"
        >
          {bars[index]?.mark}
        </text>
      ))}
    </svg>
  );
}
