/**
 * The calls that are worth more than reads and writes in general, or less, by their ids in the document of the API. They
 * stand in one list, because each is weighed against all others. The rest are told apart by their methods.
 */
import type { Priority } from '../core/priority.ts';
import type { LimitClass } from './rate-limit.ts';

/** Without these, people cannot get in, what they say is lost, a link leads nowhere, or somebody stands at a kerb. */
export const CRITICAL_CALLS: ReadonlySet<string> = new Set([
  'getRegistration',
  'createUser',
  'createSession',
  'getCurrentSession',
  'deleteCurrentSession',
  'getMe',
  'createPost',
  'openLink',
  'quoteRide',
  'requestRide',
  'getRide',
  'arriveRide',
  'startRide',
  'renewRidePin',
  'completeRide',
  'cancelRide',
  'getDriver',
  'setDriverState',
  'streamDriver',
  'acceptOffer',
  'declineOffer',
]);

/** Long statements, large answers and much work later, for what nobody misses within the hour. */
export const OPTIONAL_CALLS: ReadonlySet<string> = new Set([
  'search',
  'listTagTrends',
  'listSuggestions',
  'dismissSuggestion',
  'listPostEdits',
  'getLinkStatistics',
  'listDailyClicks',
  'getLinkQr',
  'listLinkHistory',
  'exportLinks',
  'createLinks',
  'importLinks',
  'listWebhookDeliveries',
  'testWebhook',
  'replayWebhookDelivery',
  'listRides',
  'listDriverRides',
  'getEarnings',
  'listCharges',
  'listPayments',
]);

export interface Call {
  readonly operationId: string | undefined;
  readonly limit: LimitClass | undefined;
  readonly writes: boolean;
}

export function priorityOf({ operationId = '', limit, writes }: Call): Priority {
  if (limit === 'sign-in' || CRITICAL_CALLS.has(operationId)) return 'critical';
  if (OPTIONAL_CALLS.has(operationId)) return 'optional';
  return writes ? 'write' : 'read';
}
