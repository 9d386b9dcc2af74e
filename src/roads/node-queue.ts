/** A binary heap of nodes by a whole number, the least first. One may be in it several times: its first time is the right one. */

export interface NodeQueue {
  push(node: number, key: number): void;
  /** Of the first; `Infinity`: it is empty. */
  minKey(): number;
  /** The first; the queue is not empty. */
  pop(): number;
  clear(): void;
}

const PLACES_AT_FIRST = 1_024;

export function createNodeQueue(): NodeQueue {
  let keys = new Float64Array(PLACES_AT_FIRST);
  let nodes = new Int32Array(PLACES_AT_FIRST);
  let length = 0;

  function grow(): void {
    const [moreKeys, moreNodes] = [new Float64Array(keys.length * 2), new Int32Array(keys.length * 2)];
    moreKeys.set(keys);
    moreNodes.set(nodes);
    [keys, nodes] = [moreKeys, moreNodes];
  }

  return {
    push(node, key) {
      if (length === keys.length) grow();
      let at = length;
      length += 1;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        const parentKey = keys[parent] ?? 0;
        if (parentKey <= key) break;
        keys[at] = parentKey;
        nodes[at] = nodes[parent] ?? 0;
        at = parent;
      }
      keys[at] = key;
      nodes[at] = node;
    },

    minKey: () => (length === 0 ? Number.POSITIVE_INFINITY : (keys[0] ?? 0)),

    pop() {
      const first = nodes[0] ?? 0;
      length -= 1;
      const [key, node] = [keys[length] ?? 0, nodes[length] ?? 0];
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= length) break;
        if (child + 1 < length && (keys[child + 1] ?? 0) < (keys[child] ?? 0)) child += 1;
        const childKey = keys[child] ?? 0;
        if (childKey >= key) break;
        keys[at] = childKey;
        nodes[at] = nodes[child] ?? 0;
        at = child;
      }
      keys[at] = key;
      nodes[at] = node;
      return first;
    },

    clear() {
      length = 0;
    },
  };
}
