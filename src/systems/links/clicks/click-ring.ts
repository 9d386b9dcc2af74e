/**
 * Clicks that wait to be published, oldest first, in a fixed number of places. Each field has a column, because objects that
 * live for a tenth of a second are copied by several collections of garbage, while nothing else is.
 */
import { assert } from '../../../core/errors.ts';
import type { Click, ClickKind } from './click-recorder.ts';
import { createStringPool, type StringPool } from './string-pool.ts';

export interface ClickRing {
  readonly size: number;
  /** Whether there was a place. */
  push(click: Click): boolean;
  /** The oldest is at 0. Always the same object: what is to stay must be taken from it. */
  at(place: number): Click;
  /** Holds the oldest ones no longer. */
  drop(count: number): void;
}

type Mutable<Fields> = { -readonly [Name in keyof Fields]: Fields[Name] };

const NO_CLICK: Click = {
  linkId: 0,
  atMs: 0,
  kind: 'visit',
  userAgent: '',
  referrer: '',
  language: '',
  address: '',
};

/** Of each header; at most 512 characters each. */
const POOLED_MAX = 4_096;

export function createClickRing(places: number): ClickRing {
  assert(places >= 1, 'a ring has a place');
  const linkIds = new Float64Array(places);
  const times = new Float64Array(places);
  const kinds: ClickKind[] = new Array(places).fill(NO_CLICK.kind);
  const [userAgents, referrers, languages, addresses] = [column(), column(), column(), column()];
  const [userAgent, referrer, language, address] = [pool(), pool(), pool(), pool()];
  const shown: Mutable<Click> = { ...NO_CLICK };
  let first = 0;
  let size = 0;

  function column(): string[] {
    return new Array(places).fill('');
  }

  function pool(): StringPool {
    return createStringPool(POOLED_MAX);
  }

  function put(place: number, click: Click): void {
    linkIds[place] = click.linkId;
    times[place] = click.atMs;
    kinds[place] = click.kind;
    userAgents[place] = userAgent(click.userAgent);
    referrers[place] = referrer(click.referrer);
    languages[place] = language(click.language);
    addresses[place] = address(click.address);
  }

  return {
    get size() {
      return size;
    },
    push(click) {
      if (size === places) return false;
      put((first + size) % places, click);
      size += 1;
      return true;
    },
    at(index) {
      assert(index >= 0 && index < size, 'a click is at one of the places that are taken');
      const place = (first + index) % places;
      shown.linkId = linkIds[place] ?? 0;
      shown.atMs = times[place] ?? 0;
      shown.kind = kinds[place] ?? 'visit';
      shown.userAgent = userAgents[place] ?? '';
      shown.referrer = referrers[place] ?? '';
      shown.language = languages[place] ?? '';
      shown.address = addresses[place] ?? '';
      return shown;
    },
    drop(count) {
      assert(count <= size, 'what is dropped was there');
      for (let index = 0; index < count; index += 1) put((first + index) % places, NO_CLICK);
      first = (first + count) % places;
      size -= count;
    },
  };
}
