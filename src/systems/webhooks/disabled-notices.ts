/**
 * Tells owners by mail that a webhook of theirs was disabled. Marked when the mail is in the hands of the mailer: a
 * crash in between sends it twice, never not at all.
 */
import { hasCode } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { Mail, Mailer } from '../../ports/mailer/mailer.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { Log } from '../../telemetry/log.ts';
import { type DisabledReason, getDueNotice, markNoticed } from './webhooks-queries.ts';

export interface DisabledNoticesDeps {
  readonly sql: SqlStore;
  readonly mailer: Mailer;
  readonly log: Log;
  /** Where the user can be reached; `undefined` where not. */
  readonly emailOf: (userId: Id) => Promise<string | undefined>;
}

/** Sends the next one that is due. Answers whether there was one. */
export type SendNotice = () => Promise<boolean>;

export function createDisabledNotices({ sql, mailer, log, emailOf }: DisabledNoticesDeps): SendNotice {
  return async () => {
    const [webhook] = await sql.query(getDueNotice, []);
    if (webhook === undefined) return false;
    const { webhook_id: webhookId, user_id: userId, url, disabled_reason: reason } = webhook;
    const to = await emailOf(userId);
    if (to !== undefined) await send(mailer, log, noticeOf(to, webhookId, url, reason));
    await sql.query(markNoticed, [webhookId]);
    return true;
  };
}

/** A message that can never be sent is given up; anything else is tried again. */
async function send(mailer: Mailer, log: Log, mail: Mail): Promise<void> {
  try {
    await mailer.send(mail);
  } catch (error) {
    if (!hasCode(error, 'invalid')) throw error;
    log.warn({ err: error }, 'the notice of a disabled webhook could not be written');
  }
}

const REASONS: Readonly<Record<DisabledReason, string>> = {
  owner: 'you asked for it',
  gone: 'it answered 410 Gone, which asks us to stop',
  failing: 'every request to it has failed for five days',
};

/** Room for the rest of the line. */
const URL_SHOWN_MAX = 500;

function noticeOf(to: string, webhookId: Id, url: string, reason: DisabledReason): Mail {
  const shown = url.length > URL_SHOWN_MAX ? `${url.slice(0, URL_SHOWN_MAX)}…` : url;
  return {
    to,
    subject: 'A webhook of yours was disabled',
    text: `Hello,

your webhook ${webhookId} was disabled because ${REASONS[reason]}:

${shown}

Nothing more is sent there. What failed in the last 30 days is in the list of its deliveries and can be sent
again one by one. When the server at that address works, enable the webhook:

PATCH /api/v1/webhooks/${webhookId} with {"enabled": true}
`,
  };
}
