/**
 * How many transfers a second the ledger takes, all of them from and to the same accounts of the platform, as charges are: one
 * a transaction, and a hundred as a worker gathers them. Beside it inserts of one row a transaction on the same PostgreSQL.
 */
import { composeId, FIRST_BULK_WRITER, IDS_PER_MS_PER_WRITER, type Id } from '../../core/ids.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import { createLedger, type Ledger } from '../../systems/payments/ledger/ledger.ts';
import { charged, type Transfer } from '../../systems/payments/ledger/transfer.ts';
import { type LoadResult, runClosedLoop } from '../load.ts';
import { median } from '../statistics.ts';
import { measure, type Workshop } from '../workshop.ts';
import type { Experiment, Figure } from './experiment.ts';
import { countErrors, withOwnStore } from './own-reads.ts';

/** Connections, as many as the product has. */
const SLOTS = 10;
const GATHERED = 100;
const RIDERS = 10_000;
const RIDERS_FROM_MS = Date.UTC(2025, 0, 1);

interface Round {
  readonly single: LoadResult;
  readonly gathered: LoadResult;
  readonly insertsPerS: number | undefined;
  readonly foldedPerS: number;
}

export const ledgerExperiment: Experiment = {
  name: 'ledger',
  purpose: 'transfers of the double-entry ledger, beside inserts of one row',
  async run(workshop: Workshop) {
    const { options } = workshop;
    return withOwnStore(workshop, async (sql) => {
      const ledger = createLedger({ sql });
      const nextTransfer = createTransfers(options.clock.nowMs());
      const rounds: Round[] = [];
      for (let round = 0; round < options.rounds; round += 1) {
        options.onProgress(`ledger: round ${round + 1} of ${options.rounds}`);
        const single = await load(workshop, sql, ledger, nextTransfer, 1);
        const gathered = await load(workshop, sql, ledger, nextTransfer, GATHERED);
        const foldedPerS = await fold(workshop, ledger, single.completed + gathered.completed * GATHERED);
        rounds.push({ single, gathered, foldedPerS, insertsPerS: await inserts(workshop) });
      }
      return { name: 'ledger', purpose: ledgerExperiment.purpose, figures: figuresOf(rounds) };
    });
  },
};

/** Riders pay, and the provider has it: one side is always the same account. */
function createTransfers(nowMs: number): () => Transfer {
  let made = 0;
  return () => {
    made += 1;
    const causeId = composeId(
      nowMs + Math.floor(made / IDS_PER_MS_PER_WRITER),
      FIRST_BULK_WRITER,
      made % IDS_PER_MS_PER_WRITER,
    );
    const riderId: Id = composeId(RIDERS_FROM_MS + (made % RIDERS), FIRST_BULK_WRITER, 0);
    return charged({ causeId, shard: 0, currency: 'USD', amount: 1_840 }, riderId);
  };
}

function load(
  { options }: Workshop,
  sql: SqlStore,
  ledger: Ledger,
  nextTransfer: () => Transfer,
  perTransaction: number,
): Promise<LoadResult> {
  return runClosedLoop({
    ...{ slots: SLOTS, durationMs: options.seconds * 1_000, operationsMax: 5_000_000, clock: options.clock },
    async operation() {
      const transfers = Array.from({ length: perTransaction }, nextTransfer);
      try {
        await sql.transaction((transaction) => ledger.post(transaction, transfers));
        return 'ok';
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  });
}

/** How fast what was posted is summed up, by one worker. */
async function fold({ options: { clock } }: Workshop, ledger: Ledger, transfers: number): Promise<number> {
  const startMs = clock.monotonicMs();
  while ((await ledger.job.run()) === 'more');
  return (transfers / (clock.monotonicMs() - startMs)) * 1_000;
}

async function inserts(workshop: Workshop): Promise<number | undefined> {
  const { stage } = workshop.options;
  if (stage.database === undefined) return undefined;
  const target = { kind: 'postgres', connection: stage.database, yardstick: 'insert', text: 'x' } as const;
  const { completed, durationMs } = await measure(workshop, stage.pids, { target, slots: SLOTS });
  return (completed / durationMs) * 1_000;
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const over = (figure: (round: Round) => number | undefined) => median(rounds.map(figure));
  const perS = ({ completed, durationMs }: LoadResult) => (completed / durationMs) * 1_000;
  return [
    { label: 'one a transaction', value: over(({ single }) => perS(single)), unit: 'transfers/s' },
    { label: 'one a transaction, p99', value: over(({ single }) => single.latency.p99Ms), unit: 'ms' },
    {
      label: `${GATHERED} a transaction`,
      value: over(({ gathered }) => perS(gathered) * GATHERED),
      unit: 'transfers/s',
    },
    { label: 'summed up by one worker', value: over(({ foldedPerS }) => foldedPerS), unit: 'transfers/s' },
    { label: 'inserts of one row a transaction', value: over(({ insertsPerS }) => insertsPerS), unit: '/s' },
    {
      label: 'errors',
      value: over(({ single, gathered }) => countErrors(single) + countErrors(gathered)),
      unit: '',
    },
  ];
}
