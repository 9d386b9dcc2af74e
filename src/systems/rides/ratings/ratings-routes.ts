/** Rating the other side of a ride. */
import { Type } from 'typebox';
import { parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import { RideParams } from '../requests/ride-schema-routes.ts';
import { RATINGS_MIN, STARS_MAX, STARS_MIN } from './rating-mean.ts';
import { COMMENT_LENGTH_MAX, RATED_WITHIN_MS, type Ratings } from './ratings.ts';

export interface RatingsRoutesDeps {
  readonly ratings: Ratings;
  readonly writes: Writes;
}

const Stars = Type.Integer({ minimum: STARS_MIN, maximum: STARS_MAX, description: 'The more the better.' });

export const RideRatingSchema = Type.Object(
  {
    ride_id: IdText,
    rater: Type.Enum(['rider', 'driver'], { description: 'Which side of the ride you were.' }),
    stars: Stars,
    comment: Type.Union([Type.String(), Type.Null()], {
      description: 'For those who run the server; the other side is not shown it.',
    }),
  },
  { $id: 'RideRating', title: 'Rating of a ride' },
);

export function ratingsRoutes(app: App, { ratings, writes }: RatingsRoutesDeps): void {
  app.post(
    '/rides/:ride_id/rating',
    {
      config: { access: 'user', problems: [409] },
      schema: {
        tags: ['rides'],
        summary: 'Rate the other side of a ride',
        description: `Once, within ${RATED_WITHIN_MS / 86_400_000} days of its completion, by the rider and by the driver. Who has fewer than ${RATINGS_MIN} ratings counts as not rated yet.`,
        operationId: 'rateRide',
        params: RideParams,
        body: Type.Object(
          {
            stars: Stars,
            comment: Type.Optional(
              Type.String({
                maxLength: COMMENT_LENGTH_MAX,
                description: 'For those who run the server.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 201: reference(RideRatingSchema) },
      },
    },
    async (request, reply) => {
      const rideId = parseId(request.params.ride_id, 'ride_id');
      const { userId } = callerOf(request);
      const { stars, comment } = request.body;
      return writes.answer(request, reply, 201, async (transaction) => {
        const rating = await ratings.rate(transaction, userId, rideId, { stars, comment });
        return { ...rating, ride_id: String(rating.rideId) };
      });
    },
  );
}
