/** Which links of a list are selected, while somebody is selecting some. */
import { batch, type ReadonlySignal, signal } from '@preact/signals';

export interface LinkSelection {
  readonly isOn: ReadonlySignal<boolean>;
  readonly ids: ReadonlySignal<ReadonlySet<string>>;
  begin(): void;
  end(): void;
  /** With those between it and the last one before, if `isRange`: all become what this one becomes. */
  toggle(linkId: string, shown: readonly string[], isRange: boolean): void;
  /** Of all, or of none. */
  set(linkIds: readonly string[]): void;
}

export function createLinkSelection(): LinkSelection {
  const isOn = signal(false);
  const ids = signal<ReadonlySet<string>>(new Set());
  let last: string | undefined;

  function set(linkIds: readonly string[]): void {
    ids.value = new Set(linkIds);
    last = undefined;
  }

  return {
    ...{ isOn, ids, set },
    begin() {
      isOn.value = true;
    },
    end: () =>
      batch(() => {
        isOn.value = false;
        set([]);
      }),
    toggle(linkId, shown, isRange) {
      const isChosen = !ids.value.has(linkId);
      const chosen = new Set(ids.value);
      for (const id of isRange ? between(shown, last, linkId) : [linkId]) {
        if (isChosen) chosen.add(id);
        else chosen.delete(id);
      }
      ids.value = chosen;
      last = linkId;
    },
  };
}

function between(shown: readonly string[], from: string | undefined, to: string): readonly string[] {
  const [start, end] = [shown.indexOf(from ?? to), shown.indexOf(to)];
  return start < 0 || end < 0 ? [to] : shown.slice(Math.min(start, end), Math.max(start, end) + 1);
}
