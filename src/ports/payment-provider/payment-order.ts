/** What every provider refuses before it asks anybody. */
import { invalidField } from '../../core/errors.ts';
import {
  AMOUNT_MAX,
  FIND_MAX,
  KEY_LENGTH_MAX,
  type PaymentOrder,
  RECORDS_PAGE_MAX,
  TOKEN_LENGTH_MAX,
} from './payment-provider.ts';

/** Fails with `invalid`, naming the field. */
export function checkOrder({ idempotencyKey, source, amount, currency }: PaymentOrder): void {
  if (!/^[\x21-\x7e]+$/.test(idempotencyKey) || idempotencyKey.length > KEY_LENGTH_MAX) {
    throw invalidField('idempotencyKey', `must be 1 to ${KEY_LENGTH_MAX} visible ASCII characters.`);
  }
  if (source === '' || source.length > TOKEN_LENGTH_MAX) {
    throw invalidField('source', `must be 1 to ${TOKEN_LENGTH_MAX} characters.`);
  }
  if (!Number.isInteger(amount) || amount < 1 || amount > AMOUNT_MAX) {
    throw invalidField('amount', `must be a whole number of minor units from 1 to ${AMOUNT_MAX}.`);
  }
  if (!/^[A-Z]{3}$/.test(currency))
    throw invalidField('currency', 'must be a code of ISO 4217, such as USD.');
}

export function checkKeys(keys: readonly string[]): void {
  if (keys.length > FIND_MAX) throw invalidField('idempotencyKeys', `must be at most ${FIND_MAX}.`);
}

export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > RECORDS_PAGE_MAX) {
    throw invalidField('limit', `must be from 1 to ${RECORDS_PAGE_MAX}.`);
  }
}
