/**
 * What drivers are doing, in the words of the Mobility Data Specification 2, mode passenger services: its states and the
 * events that lead from one to another. Its state `unknown` is called by its reason here: a driver whose connection is
 * lost is `non_contactable`, which is neither `available` nor off duty, and ends with the event `comms_restored`.
 *
 * Without its state `elsewhere`, which says that a vehicle is for hire in another jurisdiction and not in the one that is told of it.
 * There is no other one here: the cities are all those in which anybody is looked for, a ride may end outside of them, and whoever is
 * outside and says so with their points is in no search, because such points count for nothing.
 */

/** Their places are what the geo-index knows them by: new ones go to the end. */
export const DRIVER_STATES = [
  'available',
  'reserved',
  'on_trip',
  'stopped',
  'non_operational',
  'non_contactable',
  'removed',
] as const;
export type DriverState = (typeof DRIVER_STATES)[number];

export function stateNumber(state: DriverState): number {
  return DRIVER_STATES.indexOf(state);
}

/** What driver, rider and product do, and what happens to them. */
export type DriverEvent =
  | 'comms_lost'
  | 'comms_restored'
  | 'decommissioned'
  | 'driver_cancellation'
  | 'maintenance_end'
  | 'maintenance_start'
  | 'passenger_cancellation'
  | 'provider_cancellation'
  | 'recommissioned'
  | 'reservation_start'
  | 'reservation_stop'
  | 'service_end'
  | 'service_start'
  | 'trip_end'
  | 'trip_resume'
  | 'trip_start'
  | 'trip_stop';

type Transition = readonly [from: DriverState, event: DriverEvent, to: DriverState];

/** In working states a ride or its end may find the driver, so a loss of contact is a matter of its own. */
export const WORKING_STATES = ['available', 'reserved', 'on_trip', 'stopped'] as const;
export type WorkingState = (typeof WORKING_STATES)[number];

const CANCELLATIONS = ['driver_cancellation', 'passenger_cancellation', 'provider_cancellation'] as const;

/** NOTE: MDS lets drivers who are off duty be lost, too. Who is off duty need not be reached, so here they stay so. */
export const TRANSITIONS: readonly Transition[] = [
  ['non_operational', 'service_start', 'available'],
  ['available', 'service_end', 'non_operational'],
  ['available', 'reservation_start', 'reserved'],
  ['reserved', 'reservation_stop', 'stopped'],
  ['stopped', 'trip_start', 'on_trip'],
  ['on_trip', 'trip_stop', 'stopped'],
  ['stopped', 'trip_resume', 'on_trip'],
  ['stopped', 'trip_end', 'available'],
  ...CANCELLATIONS.flatMap((event): Transition[] => [
    ['reserved', event, 'available'],
    ['stopped', event, 'available'],
  ]),
  ...WORKING_STATES.flatMap((state): Transition[] => [
    [state, 'comms_lost', 'non_contactable'],
    ['non_contactable', 'comms_restored', state],
  ]),
  ['non_operational', 'decommissioned', 'removed'],
  ['non_operational', 'maintenance_start', 'removed'],
  ['removed', 'maintenance_end', 'non_operational'],
  ['removed', 'recommissioned', 'non_operational'],
];

export function isLegal(from: DriverState, event: DriverEvent, to: DriverState): boolean {
  return TRANSITIONS.some(([one, by, other]) => one === from && by === event && other === to);
}

/** What drivers say of themselves; everything else comes with a ride, or happens to them. */
export const OWN_STATES = ['available', 'non_operational'] as const;
export type OwnState = (typeof OWN_STATES)[number];
export const OWN_EVENTS: Readonly<Record<OwnState, DriverEvent>> = {
  available: 'service_start',
  non_operational: 'service_end',
};
