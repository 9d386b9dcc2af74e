/** The pattern of what is not finished yet: it says so without colour, too. */
export function Hatching({ id }: { readonly id: string }) {
  return (
    <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="chart-hatching" width="3" height="6" />
    </pattern>
  );
}
