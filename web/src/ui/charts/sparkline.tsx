/** The shape of a few numbers, in the room of a word. Whoever hears it hears the numbers. */
import './sparkline.css';

const [WIDTH, HEIGHT] = [84, 28];
const GAP = 3;

export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const top = Math.max(...values, 1);
  const step = (WIDTH + GAP) / values.length;
  return (
    <svg class="sparkline" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img">
      <title>{label}</title>
      {values.map((value, index) => {
        // A day without any is a line, so that it is not taken for one that is missing.
        const height = value === 0 ? 2 : Math.max((value / top) * HEIGHT, 4);
        return (
          <rect
            key={index}
            class={value === 0 ? 'sparkline-none' : undefined}
            x={index * step}
            y={HEIGHT - height}
            width={step - GAP}
            height={height}
            rx="1"
          />
        );
      })}
    </svg>
  );
}
