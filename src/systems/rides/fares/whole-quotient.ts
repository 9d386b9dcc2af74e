/** Division for money: whole numbers in, a whole number out, with no fraction on the way. */
import { assert } from '../../../core/errors.ts';

/** Halves go up. Both are whole; the first is not negative, the second more than 0. Exact for all safe integers. */
export function wholeQuotient(numerator: number, denominator: number): number {
  assert(Number.isSafeInteger(numerator) && numerator >= 0, `${numerator} is no amount to divide`);
  assert(Number.isSafeInteger(denominator) && denominator > 0, `${denominator} is nothing to divide by`);
  const rest = numerator % denominator;
  const whole = (numerator - rest) / denominator;
  return rest >= denominator - rest ? whole + 1 : whole;
}
