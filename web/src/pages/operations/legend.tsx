/** What the shapes on the map stand for. */
import { DOT_SHAPES } from '../../rides/map/map-dots.ts';
import { DRIVER_LOOKS, type Look, REQUEST_LOOK } from './state-words.ts';

export function Shape({ look, isHollow = false }: { readonly look: Look; readonly isHollow?: boolean }) {
  const colour = `var(--series-${look.series})`;
  return (
    <svg width="16" height="18" viewBox="-1 -1 18 18" aria-hidden="true">
      <path
        d={DOT_SHAPES[look.shape]}
        fill={isHollow ? 'none' : colour}
        stroke={isHollow ? colour : 'none'}
        stroke-width="2"
      />
    </svg>
  );
}

export function Legend({ hasSurge }: { readonly hasSurge: boolean }) {
  return (
    <ul class="operations-legend small" aria-label="Legend">
      {[...Object.values(DRIVER_LOOKS), REQUEST_LOOK].map((look) => (
        <li key={look.name}>
          <Shape look={look} />
          {look.name}
        </li>
      ))}
      <li>
        <Shape look={DRIVER_LOOKS.available} isHollow />
        Hollow: nothing heard for 15 s
      </li>
      {hasSurge && (
        <li>
          <span class="operations-cell" aria-hidden="true" />
          Surge, with its factor
        </li>
      )}
    </ul>
  );
}
