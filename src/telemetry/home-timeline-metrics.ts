/** Where home timelines and single posts are answered from. */
import { Counter, type Registry } from 'prom-client';

export interface HomeTimelineMetrics {
  homeRead(source: 'memory' | 'sql'): void;
  postRead(source: 'memory' | 'sql'): void;
  timelineBuilt(): void;
}

export function createHomeTimelineMetrics(registry: Registry): HomeTimelineMetrics {
  const reads = new Counter({
    name: 'home_timeline_reads_total',
    help: 'Pages of home timelines, by where the answer begins: memory, or sql while that is not sure to be up to date.',
    labelNames: ['source'],
    registers: [registry],
  });
  const posts = new Counter({
    name: 'post_reads_total',
    help: 'Single posts that were read, by where they come from: memory, or sql for their authors, and while memory is not sure to be up to date.',
    labelNames: ['source'],
    registers: [registry],
  });
  const builds = new Counter({
    name: 'home_timeline_builds_total',
    help: 'Home timelines that were not in the store and were put together by SQL.',
    registers: [registry],
  });
  const sources = { memory: reads.labels('memory'), sql: reads.labels('sql') };
  const postSources = { memory: posts.labels('memory'), sql: posts.labels('sql') };
  return {
    homeRead: (source) => sources[source].inc(),
    postRead: (source) => postSources[source].inc(),
    timelineBuilt: () => builds.inc(),
  };
}
