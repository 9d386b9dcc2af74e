/**
 * Tells riders by mail that a payment of theirs was declined. Marked when the mail is in the hands of the mailer: a crash in
 * between sends it twice, never not at all.
 */
import { hasCode } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Mail, Mailer } from '../../ports/mailer/mailer.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { Log } from '../../telemetry/log.ts';
import { getDueNotice, markNoticed } from './declined-notices-queries.ts';
import { type Charge, formatMoney } from './payment.ts';
import { chargeOf } from './payments-queries.ts';

const NOTICE_EVERY_MS = 5_000;

export interface DeclinedNoticesDeps {
  readonly sql: SqlStore;
  readonly mailer: Mailer;
  readonly log: Log;
  /** Where the user can be reached; `undefined` where not. */
  readonly emailOf: (userId: Id) => Promise<string | undefined>;
}

export interface DeclinedNotices {
  /** There is somebody to tell. */
  ring(): void;
  readonly job: Job;
}

export function createDeclinedNotices({ sql, mailer, log, emailOf }: DeclinedNoticesDeps): DeclinedNotices {
  let ring = (): void => undefined;
  return {
    ring: () => ring(),
    job: {
      name: 'mail-declined-payments',
      everyMs: NOTICE_EVERY_MS,
      onStart(wake) {
        ring = wake;
      },
      async run() {
        const [row] = await sql.query(getDueNotice, []);
        if (row === undefined) return 'done';
        const to = await emailOf(row.user_id);
        if (to !== undefined) await send(mailer, log, noticeOf(to, chargeOf(row)));
        await sql.query(markNoticed, [row.payment_id, row.attempt]);
        return 'more';
      },
    },
  };
}

/** A message that can never be sent is given up; anything else is tried again. */
async function send(mailer: Mailer, log: Log, mail: Mail): Promise<void> {
  try {
    await mailer.send(mail);
  } catch (error) {
    if (!hasCode(error, 'invalid')) throw error;
    log.warn({ err: error }, 'the notice of a declined payment could not be written');
  }
}

function noticeOf(to: string, charge: Charge): Mail {
  const why =
    charge.reason === 'no_method' ? 'you have named no payment method' : `${charge.method} was declined`;
  return {
    to,
    subject: `You owe ${formatMoney(charge)} for a ride`,
    text: `Hello,

your ride ${charge.rideId} could not be charged: ${why}.

Name another payment method: ${formatMoney(charge)} is charged to it at once. Until then you cannot ask for
another ride.

PUT /api/v1/payments/method with {"token": "…"}
`,
  };
}
