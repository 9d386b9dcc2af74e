/**
 * Routing that always has an answer: what an engine cannot say, because it is away or knows no road there, is said by the great circle.
 * That no road leads from one place to another is an answer, and stays one.
 */
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { Log } from '../../telemetry/log.ts';
import { greatCircleRouting } from './great-circle-routing.ts';
import { assertApproaches, type NoRoute, type Routing, straightDurationS } from './routing.ts';

/** Who has answered. */
export type RoutingSource = 'great_circle' | 'roads' | 'osrm' | 'valhalla';

export interface FallbackRoutingDeps {
  readonly routing: Routing;
  readonly source: RoutingSource;
  /** For metrics: pairs of places. */
  readonly onAnswers: (source: RoutingSource, pairs: number) => void;
  readonly log: Log;
}

export function createFallbackRouting({ routing, source, onAnswers, log }: FallbackRoutingDeps): Routing {
  /** `undefined`: it has failed. The breaker logs an engine that is away; one wrong answer is worth no more than this. */
  async function tried<Answer>(ask: () => MaybePromise<Answer>): Promise<Answer | undefined> {
    try {
      return await ask();
    } catch (error) {
      log.debug({ err: error, source }, 'the great circle answers instead of the routing engine');
      return undefined;
    }
  }

  async function answered<Answer>(
    ask: () => MaybePromise<Answer | NoRoute>,
    straight: () => Answer,
  ): Promise<Answer | NoRoute> {
    const answer = await tried(ask);
    const isStraight = answer === undefined || answer === 'no_road_near';
    onAnswers(isStraight ? 'great_circle' : source, 1);
    return isStraight ? straight() : answer;
  }

  return {
    estimate: (...args) =>
      answered(
        () => routing.estimate(...args),
        () => greatCircleRouting.estimate(...args),
      ),

    route: (...args) =>
      answered(
        () => routing.route(...args),
        () => greatCircleRouting.route(...args),
      ),

    async durations(approaches, atMs) {
      assertApproaches(approaches);
      const answer = await tried(() => routing.durations(approaches, atMs));
      let straight = 0;
      const durations = approaches.map(({ from, to }, group) =>
        from.map((one, index) => {
          const duration = answer?.[group]?.[index] ?? 'no_road_near';
          if (duration !== 'no_road_near') return duration;
          straight += 1;
          return straightDurationS(one, to, atMs);
        }),
      );
      const pairs = durations.reduce((sum, each) => sum + each.length, 0);
      if (straight > 0) onAnswers('great_circle', straight);
      if (pairs > straight) onAnswers(source, pairs - straight);
      return durations;
    },

    close: () => routing.close(),
  };
}
