/** How the target of a link was found, in JSON. */
import { type Static, Type } from 'typebox';
import { TARGET_STATES, type TargetCheck, type TargetState } from '../link.ts';
import { NullableTime } from '../link-fields-routes.ts';

export const TargetCheckSchema = Type.Object(
  {
    state: Type.Unsafe<TargetState>({
      type: 'string',
      enum: [...TARGET_STATES],
      description:
        'dead: several times in a row, over hours, it was not there. The link leads there all the same.',
    }),
    checked_at: NullableTime('Null: not yet.'),
    status: Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      description: 'Of the last answer (HTTP). Null: there was none.',
    }),
    problem: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'What was wrong the last time.',
    }),
  },
  { description: 'How the target was found: it is asked for (GET) when it is new, and about once a day.' },
);

export function presentTargetCheck(check: TargetCheck): Static<typeof TargetCheckSchema> {
  const { state, checkedAt, status, problem } = check;
  return { state, checked_at: checkedAt?.toISOString() ?? null, status, problem };
}
