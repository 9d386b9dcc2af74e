/** Failures of Kafka inside of transactions of the database, whose circuit breaker is to know nothing of them. */
import { AppError } from '../../core/errors.ts';
import type { KafkaCluster } from './kafka-cluster.ts';

/** Not an AppError, which would count against the database. Its cause is one. */
export class KafkaFailure extends Error {
  override readonly name = 'KafkaFailure';
}

type Sheltered = Pick<KafkaCluster, 'produce' | 'fetch'>;

/** What is called while a transaction is open fails with a KafkaFailure. */
export function shelterTransactions(cluster: KafkaCluster): Sheltered {
  return {
    produce: (batches) => cluster.produce(batches).catch(shelter),
    fetch: (places) => cluster.fetch(places).catch(shelter),
  };
}

/** What a caller outside of the transaction is to see. */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof KafkaFailure)) return error;
  // Whatever Kafka has taken, it is no part of the log.
  const { message, code } = error.cause instanceof AppError ? error.cause : new AppError('internal', '');
  return new AppError(code, message, { cause: error.cause, outcome: 'not_applied' });
}

export function rethrow(error: unknown): never {
  throw failureOf(error);
}

function shelter(error: unknown): never {
  throw error instanceof AppError ? new KafkaFailure(error.message, { cause: error }) : error;
}
