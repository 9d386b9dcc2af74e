/** What the owner of a link may know of its clicks. */
import { type Static, Type } from 'typebox';
import type { Id } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { App } from '../../../http/server.ts';
import { DIMENSIONS, type Dimension } from '../clicks/click-facts.ts';
import { LinkIdParams } from '../link-schemas-routes.ts';
import { linkIdOf } from '../links-routes.ts';
import { GRAINS, type Grain } from './grain.ts';
import { type LinkStatistics, type Statistics, VALUES_SHOWN_MAX, type Visits } from './statistics.ts';
import { DEFAULT_POINTS, POINTS_MAX } from './statistics-range.ts';

const Time = Type.String({ format: 'date-time' });

const StatisticsQuery = Type.Object(
  {
    interval: Type.Optional(
      Type.Unsafe<Grain>({
        ...{ type: 'string', enum: [...GRAINS] },
        description: 'Minutes are kept for 48 hours, hours for 90 days. Without it: day.',
      }),
    ),
    from: Type.Optional(
      Type.Unsafe<string>({
        ...Time,
        description: `Without it ${DEFAULT_POINTS.minute} minutes, ${DEFAULT_POINTS.hour} hours or ${DEFAULT_POINTS.day} days before \`to\`.`,
      }),
    ),
    to: Type.Optional(Type.Unsafe<string>({ ...Time, description: 'Without it: now.' })),
    by: Type.Optional(
      Type.Unsafe<Dimension>({
        ...{ type: 'string', enum: [...DIMENSIONS] },
        description: 'What to tell the humans of these days apart by.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const VISITS = {
  humans: Type.Integer({ description: 'By what looks like a browser that somebody uses.' }),
  bots: Type.Integer({ description: 'By programs that say so.' }),
  previews: Type.Integer({
    description: 'Prefetched, asked for by HEAD, or fetched by a messenger for its card.',
  }),
  unique: Type.Integer({
    description:
      'Different humans, each once a day: an estimate that is off by some 1.6 %, by less below some hundreds. Without those whose browser sends `Sec-GPC: 1`.',
  }),
};

export const LinkStatisticsSchema = Type.Object(
  {
    interval: Type.Unsafe<Grain>({ type: 'string', enum: [...GRAINS] }),
    from: Type.Unsafe<string>({ ...Time, description: 'The start of the first interval.' }),
    to: Type.Unsafe<string>({ ...Time, description: 'The end of the last one.' }),
    total: Type.Object(VISITS),
    series: Type.Array(Type.Object({ at: Time, ...VISITS }), {
      description: 'Every interval, those without a click too, in the order of time.',
    }),
    by: Type.Optional(
      Type.Array(Type.Object({ value: Type.String(), humans: Type.Integer() }), {
        description: `Of the whole days (UTC) that the range touches: the ${VALUES_SHOWN_MAX} values with the most humans.`,
      }),
    ),
    attribution: Type.Optional(
      Type.String({ description: 'To be shown with countries: whose table they are from.' }),
    ),
  },
  { title: 'LinkStatistics' },
);

export interface StatisticsRoutesDeps {
  readonly statistics: Statistics;
  /** Fails with `not_found` for a link of someone else. */
  readonly checkOwner: (ownerId: Id, linkId: Id) => Promise<unknown>;
  /** What the licence of the country table asks to be said; empty if nothing. */
  readonly attribution: string;
}

export function statisticsRoutes(
  app: App,
  { statistics, checkOwner, attribution }: StatisticsRoutesDeps,
): void {
  app.get(
    '/links/:link_id/stats',
    {
      config: { access: 'user', scope: 'links:read' },
      schema: {
        tags: ['links'],
        summary: 'Clicks of a link of yours',
        description: `Times are UTC. Some seconds behind. A range is widened to whole intervals, of which there are at most ${POINTS_MAX}. Addresses of visitors are never stored, and of those whose browser sends \`Sec-GPC: 1\` it is only counted that they came. Values of \`by\`: \`unknown\`, and \`other\` for those beyond the first thousand of a day; of \`referrer\` also \`direct\` (none) and \`internal\` (this server).`,
        operationId: 'getLinkStatistics',
        params: LinkIdParams,
        querystring: StatisticsQuery,
        response: { 200: LinkStatisticsSchema },
      },
    },
    async (request) => {
      const linkId = linkIdOf(request.params);
      await checkOwner(callerOf(request).userId, linkId);
      const { interval = 'day', from, to, by } = request.query;
      const question = { grain: interval, fromMs: timeOf(from), toMs: timeOf(to), by };
      return presentStatistics(await statistics.of(linkId, question), by === 'country' ? attribution : '');
    },
  );
}

function presentStatistics(
  { range, total, series, by }: LinkStatistics,
  attribution: string,
): Static<typeof LinkStatisticsSchema> {
  return {
    interval: range.grain,
    from: timestamp(range.fromMs),
    to: timestamp(range.toMs),
    total,
    series: series.map(({ startMs, ...visits }) => ({
      at: timestamp(startMs),
      ...(visits satisfies Visits),
    })),
    ...(by === undefined ? {} : { by: [...by] }),
    ...(attribution === '' ? {} : { attribution }),
  };
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function timestamp(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
