/** How many humans clicked which link each day of a week: what a list of links shows beside each, in one call. */
import { Type } from 'typebox';
import { invalidField } from '../../../core/errors.ts';
import { type Id, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { App } from '../../../http/server.ts';
import { IdText, idsText } from '../../../http/user-schema.ts';
import { DAILY_DAYS, type Statistics } from './statistics.ts';

/** As many as a page of links has. */
export const ASKED_LINKS_MAX = 100;

export const DailyClicksSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        link_id: IdText,
        humans: Type.Array(Type.Integer(), { description: `Of ${DAILY_DAYS} days (UTC), today last.` }),
      }),
    ),
  },
  { title: 'DailyClicks' },
);

export function dailyClicksRoutes(app: App, { statistics }: { readonly statistics: Statistics }): void {
  app.get(
    '/links/daily_clicks',
    {
      config: { access: 'user', scope: 'links:read' },
      schema: {
        tags: ['links'],
        summary: 'Clicks of many links of yours, of a week',
        description: 'By humans. Zeros for what is no link of yours.',
        operationId: 'listDailyClicks',
        querystring: Type.Object(
          {
            link_ids: idsText(ASKED_LINKS_MAX, 'Of your links'),
          },
          { additionalProperties: false },
        ),
        response: { 200: DailyClicksSchema },
      },
    },
    async (request) => {
      const days = await statistics.dailyHumansOf(callerOf(request).userId, idsOf(request.query.link_ids));
      return {
        items: [...days].map(([linkId, humans]) => ({ link_id: String(linkId), humans: [...humans] })),
      };
    },
  );
}

function idsOf(text: string): readonly Id[] {
  const ids = text.split(',').filter((id) => id !== '');
  if (ids.length > ASKED_LINKS_MAX) throw invalidField('link_ids', `must be at most ${ASKED_LINKS_MAX}.`);
  return ids.map((id) => parseId(id, 'link_ids'));
}
