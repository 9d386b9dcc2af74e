/** The system `payments`: what riders pay for their rides, what drivers are paid, and the ledger of both. */
import type { Clock, Randomness } from '../../core/clock.ts';
import type { Id, IdGenerator } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { OwnChannel } from '../../core/own-state.ts';
import type { EventLog, Subscription, TailFollower } from '../../ports/event-log/event-log.ts';
import type { Mailer } from '../../ports/mailer/mailer.ts';
import type { PaymentProvider } from '../../ports/payment-provider/payment-provider.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { Log } from '../../telemetry/log.ts';
import { createChargeIntake } from './charges/charge-intake.ts';
import { type ChargeTelling, createChargeTelling } from './charges/charge-telling.ts';
import { type Charges, createCharges } from './charges/charges.ts';
import { createDebtDesk, type DebtDesk } from './charges/debts.ts';
import { createDeclinedNotices } from './declined-notices.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import { createPaymentList, type PaymentList } from './list/payment-list.ts';
import { createMethods, type Methods } from './methods/methods.ts';
import type { PaymentObserver } from './payment-observer.ts';
import { createEarningDays, type EarningDays } from './payouts/earning-days.ts';
import { createEarnings, type Earnings } from './payouts/earnings.ts';
import { createPayouts, type Payouts } from './payouts/payouts.ts';
import { createReceipts, type DescribeRide, type Receipts } from './receipts/receipts.ts';
import { createReconciliation, type Reconciliation } from './reconciliation/reconciliation.ts';
import { createRefunds, type RecordAct, type Refunds } from './refunds/refunds.ts';
import { createSettlement, type Settlement } from './settlement/settlement.ts';
import { countPayments, type PaymentCounts } from './settlement/settlement-queries.ts';
import {
  createVerification,
  type FindRideCosts,
  type PageRideCosts,
  type Verification,
} from './verification/verification.ts';

export interface PaymentsDeps {
  readonly sql: SqlStore;
  readonly eventLog: Pick<EventLog, 'append'>;
  /** How riders are told what has become of their charges. */
  readonly channel: OwnChannel;
  readonly ids: IdGenerator;
  readonly paymentProvider: PaymentProvider;
  readonly mailer: Mailer;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly observer: PaymentObserver;
  readonly emailOf: (userId: Id) => Promise<string | undefined>;
  readonly recordAct: RecordAct;
  readonly describeRide: DescribeRide;
  readonly findRideCosts: FindRideCosts;
  readonly pageRideCosts: PageRideCosts;
}

export interface Payments {
  readonly ledger: Ledger;
  readonly charges: Charges;
  readonly debts: DebtDesk;
  readonly methods: Methods;
  readonly receipts: Receipts;
  readonly refunds: Refunds;
  readonly payouts: Payouts;
  readonly earnings: Earnings;
  readonly earningDays: EarningDays;
  readonly list: PaymentList;
  readonly settlement: Settlement;
  readonly reconciliation: Reconciliation;
  readonly verification: Verification;
  readonly subscriptions: readonly Subscription[];
  readonly jobs: readonly Job[];
  /** What riders are told of in this process. */
  readonly tail: TailFollower;
  readonly statesOf: ChargeTelling['statesOf'];
  counts(): Promise<PaymentCounts>;
  /** Waits for calls of the provider that are being made. */
  close(): Promise<void>;
}

export function createPayments(deps: PaymentsDeps): Payments {
  const { sql, clock, paymentProvider: provider } = deps;
  const ledger = createLedger({ sql });
  const notices = createDeclinedNotices(deps);
  const telling = createChargeTelling(deps);
  const settlement = createSettlement({ ...deps, provider, ledger, onDeclined: notices.ring });
  const { onDue } = settlement;
  const methods = createMethods({ provider, clock, onDue });
  const payouts = createPayouts({ ...deps, ledger, onDue });
  return {
    ...{ ledger, methods, payouts, settlement, tail: telling.tail, statesOf: telling.statesOf },
    charges: createCharges(),
    debts: createDebtDesk({ clock, onDue }),
    receipts: createReceipts(deps),
    refunds: createRefunds({ ...deps, ledger, onDue }),
    earnings: createEarnings(),
    earningDays: createEarningDays({ clock }),
    list: createPaymentList(),
    reconciliation: createReconciliation({ sql, provider, settlement }),
    verification: createVerification({ ...deps, nowMs: () => clock.nowMs() }),
    subscriptions: [createChargeIntake({ ...deps, ledger, onDue }), methods.erasure],
    jobs: [ledger.job, settlement.job, payouts.job, notices.job],
    async counts() {
      const [counts] = await sql.query(countPayments, [new Date(clock.nowMs())]);
      return counts ?? { due: 0, oldest_s: 0, owed: 0 };
    },
    close: () => settlement.close(),
  };
}
