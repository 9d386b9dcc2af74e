/**
 * Records as Kafka sent them, of which one answer has more than a batch needs: what comes next is taken from here. At an
 * offset of Kafka there is always the same record.
 */
import type { FetchedRecords, KafkaRecord, TopicPlace } from './kafka-cluster.ts';

/** Each of some FETCH_BYTES_PER_PARTITION. */
export const WINDOWS_MAX = 64;

export interface RecordWindows {
  add(fetched: FetchedRecords): void;
  /** From the place on, without a gap, at most `count`. */
  take(place: TopicPlace, count: number): readonly KafkaRecord[];
}

export function createRecordWindows(): RecordWindows {
  /** The least recently used first. */
  const windows = new Set<FetchedRecords>();

  function find({ topicId, partition, offset }: TopicPlace): FetchedRecords | undefined {
    for (const window of windows) {
      const end = window.offset + window.records.length;
      const isOfPartition = window.topicId === topicId && window.partition === partition;
      if (isOfPartition && window.offset <= offset && offset < end) return window;
    }
    return undefined;
  }

  return {
    add(fetched) {
      if (fetched.records.length === 0) return;
      windows.add(fetched);
      const [oldest] = windows;
      if (windows.size > WINDOWS_MAX && oldest !== undefined) windows.delete(oldest);
    },

    take(place, count) {
      const window = find(place);
      if (window === undefined) return [];
      windows.delete(window);
      windows.add(window);
      const start = place.offset - window.offset;
      return window.records.slice(start, start + count);
    },
  };
}
