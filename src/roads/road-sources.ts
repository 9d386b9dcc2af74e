/** Where roads come from, as their file says it, and whom a map that shows them has to name for that. */

export function osmSource(fileName: string): string {
  return `${OSM}, ${fileName}`;
}

export function generatedSource(seed: number): string {
  return `generated, seed ${seed}`;
}

/** The Open Database License of OpenStreetMap asks for it. Undefined: nobody. */
export function attributionOf(source: string): string | undefined {
  return source.startsWith(OSM) ? '© OpenStreetMap contributors' : undefined;
}

const OSM = 'OpenStreetMap';
