/** What the shapes of a chart stand for. */
import { useId } from 'preact/hooks';
import { Hatching } from './hatching.tsx';

export type Shape = 'bar' | 'unfinished' | 'other' | 'before';

export function Legend({
  entries,
}: {
  readonly entries: readonly (readonly [shape: Shape, text: string])[];
}) {
  return (
    <ul class="legend small muted">
      {entries.map(([shape, text]) => (
        <li key={shape}>
          <Mark shape={shape} />
          {text}
        </li>
      ))}
    </ul>
  );
}

function Mark({ shape }: { readonly shape: Shape }) {
  const hatching = useId();
  return (
    <svg width="16" height="12" viewBox="0 0 16 12" aria-hidden="true">
      {shape === 'bar' && <rect class="chart-bar" width="16" height="12" />}
      {shape === 'other' && <rect class="chart-other" x="1" y="1" width="14" height="10" />}
      {shape === 'before' && <line class="chart-before" x1="0" x2="16" y1="6" y2="6" />}
      {shape === 'unfinished' && (
        <>
          <Hatching id={hatching} />
          <rect class="chart-unfinished" fill={`url(#${hatching})`} x="0.5" y="0.5" width="15" height="11" />
        </>
      )}
    </svg>
  );
}
