import type { AnnouncedEvent, FeedSetting } from './feed-setting.ts';

/** The announced events of some topics, each once, in the order of their keys: as a process hears them. */
export interface HeardEvents {
  /** Those not taken yet; of each key up to `limit`. */
  take(limit?: (key: string) => number): Promise<AnnouncedEvent[]>;
}

export function createHeardEvents(
  setting: FeedSetting,
  topics: readonly string[] = ['posts', 'reactions'],
): HeardEvents {
  const takenByKey = new Map<string, number>();
  return {
    async take(limit = () => Number.POSITIVE_INFINITY) {
      const byKey = new Map<string, AnnouncedEvent[]>();
      for (const topic of topics) {
        for (const event of await setting.announced(topic)) {
          const key = `${topic} ${event.key}`;
          byKey.set(key, [...(byKey.get(key) ?? []), event]);
        }
      }
      return [...byKey].flatMap(([key, events]) => {
        const taken = takenByKey.get(key) ?? 0;
        const fresh = events.slice(taken, taken + limit(key));
        takenByKey.set(key, taken + fresh.length);
        return fresh;
      });
    },
  };
}
