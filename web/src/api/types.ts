/** What the API answers: the types of the schemas that the server validates and documents, so that they cannot differ. */
import type { Static } from 'typebox';
import type { PhotoSchema } from '../../../src/http/photo-schema.ts';
import type { AuthorSchema, RelationshipSchema, UserSchema } from '../../../src/http/user-schema.ts';
import type {
  ApiKeySchema,
  NewApiKeySchema,
} from '../../../src/systems/accounts/api-keys/api-keys-routes.ts';
import type { ModeratedUserSchema } from '../../../src/systems/accounts/moderation/moderated-users-routes.ts';
import type {
  AuditEntrySchema,
  ReportSchema,
} from '../../../src/systems/accounts/moderation/moderation-routes.ts';
import type { SessionSchema } from '../../../src/systems/accounts/sessions/sessions-routes.ts';
import type { MeSchema } from '../../../src/systems/accounts/users/users-routes.ts';
import type { PostSchema } from '../../../src/systems/feed/posts/posts-routes.ts';
import type { DomainSchema } from '../../../src/systems/links/domains/domains-routes.ts';
import type {
  LinkChangeSchema,
  LinkSchema,
  NewLinkBody,
} from '../../../src/systems/links/link-schemas-routes.ts';
import type { ModeratedLinkSchema } from '../../../src/systems/links/moderation/moderated-links-routes.ts';
import type { SelectionResultsSchema } from '../../../src/systems/links/selections/selected-links-routes.ts';
import type { DailyClicksSchema } from '../../../src/systems/links/statistics/daily-clicks-routes.ts';
import type { LinkStatisticsSchema } from '../../../src/systems/links/statistics/statistics-routes.ts';
import type { BlockedTargetSchema } from '../../../src/systems/links/targets/blocked-targets-routes.ts';
import type {
  ImportResultSchema,
  LinkImportSchema,
} from '../../../src/systems/links/transfer/row-answers-routes.ts';
import type { OWN_MEDIA_SCHEMAS } from '../../../src/systems/media/media-routes.ts';
import type {
  NotificationSchema,
  SettingsSchema,
} from '../../../src/systems/notifications/notifications-routes.ts';
import type { DebtsSchema } from '../../../src/systems/payments/charges/debts-routes.ts';
import type { PaymentMethodSchema } from '../../../src/systems/payments/methods/methods-routes.ts';
import type { ChargeSchema } from '../../../src/systems/payments/money-schema-routes.ts';
import type {
  EarningDaysSchema,
  EarningsSchema,
} from '../../../src/systems/payments/payouts/earnings-routes.ts';
import type { ReceiptSchema } from '../../../src/systems/payments/receipts/receipts-routes.ts';
import type { CitySchema } from '../../../src/systems/rides/cities/cities-routes.ts';
import type { DriverSchema } from '../../../src/systems/rides/drivers/drivers-routes.ts';
import type {
  CityOperationsSchema,
  SeenDriverSchema,
  WaitingRequestSchema,
} from '../../../src/systems/rides/operations/operations-schema-routes.ts';
import type { QuoteSchema } from '../../../src/systems/rides/quotes/quotes-routes.ts';
import type { RideSchema } from '../../../src/systems/rides/requests/ride-schema-routes.ts';
import type { StreetsSchema } from '../../../src/systems/rides/streets/streets-routes.ts';
import type { SurgeCellSchema } from '../../../src/systems/rides/surge/surge-routes.ts';
import type { RideRouteSchema } from '../../../src/systems/rides/travel/ride-way-routes.ts';
import type {
  DeliverySchema,
  DeliveryWithBodySchema,
} from '../../../src/systems/webhooks/deliveries-routes.ts';
import type {
  WebhookSchema,
  WebhookWithSecretSchema,
} from '../../../src/systems/webhooks/webhooks-routes.ts';

export type Author = Static<typeof AuthorSchema>;
export type User = Static<typeof UserSchema>;
export type Relationship = Static<typeof RelationshipSchema>;
export type Post = Static<typeof PostSchema>;
/** Its post is typed by hand: the schema of the server refers to that of the feed by name. */
export type Notification = Omit<Static<typeof NotificationSchema>, 'post'> & { readonly post: Post | null };
export type Visibility = Post['visibility'];
/** A picture of a post. */
export type Media = Post['media'][number];
/** A post by its pictures. */
export type Photo = Static<typeof PhotoSchema>;
/** A picture as only its owner sees it. */
export type OwnMedia = Static<(typeof OWN_MEDIA_SCHEMAS)[0]>;

/** A post where it stands in a timeline. */
export interface FeedItem extends Post {
  readonly entry_id: string;
  readonly reposted_by: Author | null;
}

export interface TagUse {
  readonly tag: string;
  readonly use_count: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_page_token: string | null;
}

export type Me = Static<typeof MeSchema>;
export type NotificationSettings = Static<typeof SettingsSchema>;
export type Session = Static<typeof SessionSchema>;
export type ApiKey = Static<typeof ApiKeySchema>;
export type NewApiKey = Static<typeof NewApiKeySchema>;
export type Webhook = Static<typeof WebhookSchema>;
export type WebhookWithSecret = Static<typeof WebhookWithSecretSchema>;
export type Delivery = Static<typeof DeliverySchema>;
export type DeliveryWithBody = Static<typeof DeliveryWithBodySchema>;
export type Report = Static<typeof ReportSchema>;
export type ModeratedUser = Static<typeof ModeratedUserSchema>;
export type AuditEntry = Static<typeof AuditEntrySchema>;
export type ModeratedLink = Static<typeof ModeratedLinkSchema>;
export type BlockedTarget = Static<typeof BlockedTargetSchema>;

export type Link = Static<typeof LinkSchema>;
export type LinkState = Link['state'];
export type LinkRule = Link['rules'][number];
export type NewLink = Static<typeof NewLinkBody>;
export type LinkChange = Static<typeof LinkChangeSchema>;
/** What became of each of many. */
export type SelectionResults = Static<typeof SelectionResultsSchema>;
export type Domain = Static<typeof DomainSchema>;
export type LinkStatistics = Static<typeof LinkStatisticsSchema>;
export type DailyClicks = Static<typeof DailyClicksSchema>;
export type ImportResult = Static<typeof ImportResultSchema>;
/** Where an imported link comes from. */
export type LinkImport = Static<typeof LinkImportSchema>;

export type Ride = Static<typeof RideSchema>;
export type Streets = Static<typeof StreetsSchema>;
export type RideRoute = Static<typeof RideRouteSchema>;
export type RideType = Ride['ride_type'];
export type RideQuote = Static<typeof QuoteSchema>;
export type Driver = Static<typeof DriverSchema>;
export type PaymentMethod = Static<typeof PaymentMethodSchema>;
export type Earnings = Static<typeof EarningsSchema>;
export type EarningDay = Static<typeof EarningDaysSchema>['days'][number];
export type Charge = Static<typeof ChargeSchema>;
/** Their charges are typed by hand: the schema of the server refers to that of a charge by name. */
export type Debts = Omit<Static<typeof DebtsSchema>, 'charges'> & { readonly charges: readonly Charge[] };
/** So are the charge, and the ride and its fare. */
export type Receipt = Omit<Static<typeof ReceiptSchema>, 'charge' | 'ride' | 'fare'> & {
  readonly charge: Charge | null;
  readonly ride: Ride;
  readonly fare: RideQuote['fare'] | null;
};
/** Where rides are to be had: a box, in degrees. */
export type RideCity = Static<typeof CitySchema>;
export type SurgeCell = Static<typeof SurgeCellSchema>;
/** For the staff: how rides go in a city, and who is where. */
export type CityOperations = Static<typeof CityOperationsSchema>;
export type SeenDriver = Static<typeof SeenDriverSchema>;
export type WaitingRequest = Static<typeof WaitingRequestSchema>;
