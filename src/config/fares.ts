/** What rides cost, as the environment says it. */

/** In whole minor units of the currency. */
export interface FareSetting {
  /** `undefined`: in all cities that have none for this type. */
  readonly city: string | undefined;
  readonly rideType: string;
  readonly currency: string;
  readonly base: number;
  readonly perKm: number;
  readonly perMinute: number;
  readonly fees: number;
  readonly minimum: number;
  readonly cancellation: number;
  /** 0 to 100. */
  readonly driverPercent: number;
}

/** So that no sum of a ride is too large for an exact number, in the smallest unit of any currency. */
export const FARE_AMOUNT_MAX = 10_000_000;
export const FARES_FORM =
  'fares such as economy=USD/255/110/40/275/800/500/75 or new_york.xl=…: currency, base, km, minute, fees, minimum, cancellation ' +
  `(each 0 to ${FARE_AMOUNT_MAX} of its smallest units), the driver's percent`;

const PATTERN = /^(?:([a-z0-9_]{1,40})\.)?([a-z_]{1,20})=([A-Z]{3})((?:\/\d{1,8}){7})$/;

/** One fare; `undefined` for what is none. */
export function parseFare(text: string): FareSetting | undefined {
  const [, city, rideType, currency, numbers] = PATTERN.exec(text) ?? [];
  if (rideType === undefined || currency === undefined || numbers === undefined) return undefined;
  const amounts = numbers.slice(1).split('/').map(Number);
  const [base = 0, perKm = 0, perMinute = 0, fees = 0, minimum = 0, cancellation = 0, driverPercent = 0] =
    amounts;
  if (amounts.some((amount) => amount > FARE_AMOUNT_MAX) || driverPercent > 100) return undefined;
  return {
    ...{ city, rideType, currency, base, perKm, perMinute, fees },
    ...{ minimum, cancellation, driverPercent },
  };
}

/** Of fares that fit no city and no ride type, or say the same twice. */
export function fareProblems(
  fares: readonly Pick<FareSetting, 'city' | 'rideType'>[],
  cities: readonly { readonly name: string }[],
  rideTypes: readonly string[],
): string[] {
  const names = fares.map(({ city, rideType }) => `${city === undefined ? '' : `${city}.`}${rideType}`);
  const unknown = (index: number): string | undefined => {
    const { city, rideType = '' } = fares[index] ?? {};
    if (!rideTypes.includes(rideType)) return `${rideType} is no type of ride: ${rideTypes.join(', ')}`;
    if (city !== undefined && !cities.some(({ name }) => name === city))
      return `${city} is not in GROUNDSWELL_CITIES`;
    return undefined;
  };
  return names.flatMap((name, index) => {
    const problem = names.indexOf(name) < index ? 'it is there twice' : unknown(index);
    return problem === undefined ? [] : [`GROUNDSWELL_FARES must not have ${name}: ${problem}.`];
  });
}
