/** How rides are spoken of: amounts, lengths, times, and what each state means to either side. */
import type { Ride } from '../api/types.ts';

/** Amounts are whole minor units of their currency: cents. */
export function moneyText(amount: number, currency: string): string {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}

export function lengthText(meters: number): string {
  if (meters < 1_000) return `${Math.round(meters)} m`;
  const kilometers = meters / 1_000;
  return `${kilometers.toFixed(kilometers < 10 && !Number.isInteger(kilometers) ? 1 : 0)} km`;
}

export function durationText(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const RIDE_TYPE_NAMES: Readonly<Record<Ride['ride_type'], string>> = {
  economy: 'Economy',
  comfort: 'Comfort',
  xl: 'XL',
  wheelchair: 'Wheelchair',
};

export const RIDE_TYPE_HINTS: Readonly<Record<Ride['ride_type'], string>> = {
  economy: 'For up to four, at the lowest price',
  comfort: 'Newer cars with more room',
  xl: 'For up to six, or much luggage',
  wheelchair: 'With a ramp or a lift',
};

/** For the rider. */
export const STATUS_TITLES: Readonly<Record<Ride['status'], string>> = {
  requested: 'Looking for a driver',
  accepted: 'Your driver is on the way',
  arriving: 'Your driver is nearly there',
  arrived: 'Your driver is waiting',
  started: 'On the way',
  completed: 'You are there',
  cancelled: 'Cancelled',
  unmatched: 'No driver was found',
};

const REASONS: Readonly<Record<string, string>> = {
  no_driver: 'Nobody was free near you. Try again in a moment.',
  not_accepted: 'Drivers near you were asked, and none could come. Try again in a moment.',
  rider: 'You cancelled it.',
  rider_no_show: 'The driver waited for you, and you did not come.',
  unsafe: 'The driver could not go on safely.',
};

/** Why it ended, for the rider; undefined: there is nothing to say. */
export function reasonText({ reason, ended_by: endedBy }: Ride): string | undefined {
  if (reason === null) return undefined;
  const known = REASONS[reason];
  if (known !== undefined) return known;
  return endedBy === 'driver' ? 'Your driver had to cancel.' : 'You cancelled it.';
}

/** Choices of a rider who cancels; the first words of the contract are those of the API. */
export const RIDER_REASON_NAMES = {
  changed_plans: 'My plans have changed',
  wait_too_long: 'It takes too long',
  driver_not_coming: 'The driver does not come nearer',
  driver_asked: 'The driver asked me to',
  wrong_place: 'The place was wrong',
  other: 'Something else',
} as const;

export const DRIVER_REASON_NAMES = {
  rider_no_show: 'The rider did not come',
  cannot_reach_pickup: 'I cannot get to the pickup',
  does_not_fit: 'People or luggage do not fit',
  vehicle_trouble: 'My vehicle has broken down',
  unsafe: 'It is not safe',
  other: 'Something else',
} as const;
