/** How many humans came with which value of each dimension. */
import { DIMENSIONS, type Dimension } from '../clicks/click-facts.ts';

/** Of one dimension of a link and day; those that come later count as `other`. */
export const VALUES_MAX = 1_000;
export const OTHER = 'other';
/** Humans whose values are kept as they came: most links have few in a batch, and six maps for each cost more. */
const KEPT_MAX = 16;

/** As the database has it. A dimension that a later release adds is absent in what this one has written. */
export type StoredBreakdown = { readonly [Name in Dimension]?: Readonly<Record<string, number>> };

export class Breakdown {
  /** Of each human one value for each dimension, in their order; `undefined` once they are counted. */
  #kept: string[] | undefined = [];
  /** Maps: a value may be named as a property that all objects have. */
  #counts: readonly Map<string, number>[] = [];

  /** One value for each dimension, in the order of DIMENSIONS. */
  add(values: readonly string[]): void {
    const kept = this.#kept;
    for (let index = 0; index < DIMENSIONS.length; index += 1) {
      const value = values[index] ?? OTHER;
      if (kept === undefined) this.#count(index, value, 1);
      else kept.push(value);
    }
    if (kept !== undefined && kept.length >= KEPT_MAX * DIMENSIONS.length) this.#counted();
  }

  /** With what is stored of the same day, as JSON. Of too many values those stay that are stored. */
  textAfter(stored: StoredBreakdown | undefined): string {
    const kept = this.#kept;
    if (stored === undefined) {
      if (kept?.length === DIMENSIONS.length) return textOf((index) => placeText(kept[index] ?? OTHER, 1));
      const counts = this.#counted();
      return textOf((index) => placesText(counts[index]));
    }
    const whole = new Breakdown();
    whole.#merge(stored);
    if (kept !== undefined) {
      for (const [at, value] of kept.entries()) whole.#count(at % DIMENSIONS.length, value, 1);
    } else {
      for (const [index, places] of this.#counts.entries()) {
        for (const [value, humans] of places) whole.#count(index, value, humans);
      }
    }
    return textOf((index) => placesText(whole.#counts[index]));
  }

  #merge(stored: StoredBreakdown): void {
    this.#counted();
    for (const [index, dimension] of DIMENSIONS.entries()) {
      for (const [value, humans] of Object.entries(stored[dimension] ?? {}))
        this.#count(index, value, humans);
    }
  }

  #counted(): readonly Map<string, number>[] {
    const kept = this.#kept;
    if (kept === undefined) return this.#counts;
    this.#kept = undefined;
    this.#counts = DIMENSIONS.map(() => new Map());
    for (const [at, value] of kept.entries()) this.#count(at % DIMENSIONS.length, value, 1);
    return this.#counts;
  }

  #count(index: number, value: string, humans: number): void {
    const places = this.#counts[index];
    if (places === undefined) return;
    const name = places.has(value) || places.size < VALUES_MAX ? value : OTHER;
    places.set(name, (places.get(name) ?? 0) + humans);
  }
}

/** JSON, without making the objects that it stands for. */
function textOf(placesOf: (index: number) => string): string {
  let text = '';
  for (let index = 0; index < DIMENSIONS.length; index += 1) {
    text += `${index === 0 ? '{' : ','}"${DIMENSIONS[index]}":{${placesOf(index)}}`;
  }
  return `${text}}`;
}

function placesText(places: ReadonlyMap<string, number> | undefined): string {
  let text = '';
  for (const [value, humans] of places ?? []) text += `${text === '' ? '' : ','}${placeText(value, humans)}`;
  return text;
}

function placeText(value: string, humans: number): string {
  return `${JSON.stringify(value)}:${humans}`;
}
