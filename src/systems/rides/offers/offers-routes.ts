/** Offers, for the drivers to whom they are made: they come over the stream. */
import { type Static, Type } from 'typebox';
import { parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { Offers } from './offers.ts';
import type { OfferRow } from './offers-queries.ts';

export interface OffersRoutesDeps {
  readonly offers: Offers;
  readonly writes: Writes;
}

export const OfferSchema = Type.Object(
  {
    offer_id: IdText,
    ride_id: IdText,
    state: Type.Enum(['open', 'accepted', 'declined', 'expired', 'withdrawn'], {
      description: 'withdrawn: another driver was faster, or the ride was cancelled.',
    }),
    expires_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'Offer', title: 'Offer' },
);

export const OFFER_SCHEMAS = [OfferSchema] as const;

const ANSWERS = [
  {
    answer: 'accept',
    operationId: 'acceptOffer',
    summary: 'Take the ride that you are offered',
    description: 'The first driver to accept has it; for the others it is too late (409).',
  },
  {
    answer: 'decline',
    operationId: 'declineOffer',
    summary: 'Leave the ride that you are offered to others',
    description: 'You may be offered another at once.',
  },
] as const;

export function offersRoutes(app: App, { offers, writes }: OffersRoutesDeps): void {
  for (const { answer, ...texts } of ANSWERS) {
    app.post(
      `/offers/:offer_id/${answer}`,
      {
        config: { access: 'user', problems: [409] },
        schema: {
          tags: ['rides'],
          ...texts,
          params: Type.Object({ offer_id: IdText }),
          response: { 200: reference(OfferSchema) },
        },
      },
      async (request, reply) => {
        const offerId = parseId(request.params.offer_id, 'offer_id');
        const { userId } = callerOf(request);
        return writes.answer(request, reply, 200, async (transaction) =>
          presentOffer(await offers[answer](transaction, userId, offerId)),
        );
      },
    );
  }
}

function presentOffer(row: OfferRow): Static<typeof OfferSchema> {
  const { offer_id: offerId, ride_id: rideId, state, expires_at: expiresAt } = row;
  return { offer_id: String(offerId), ride_id: String(rideId), state, expires_at: expiresAt.toISOString() };
}
