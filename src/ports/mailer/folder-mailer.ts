/** The mailer that delivers nothing: it puts messages into a folder, where the operator finds them. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Randomness } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { checkMail, formatMessage } from './mail-message.ts';
import type { Mailer } from './mailer.ts';

export interface FolderMailerOptions {
  /** Created when the first message comes, for its owner only: messages hold secrets. */
  readonly folder: string;
  /** Who sends, such as `Groundswell <noreply@example.org>`, in ASCII. */
  readonly from: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

/** Writes each message as a file `*.eml`, named by its time, that is there as a whole or not at all. */
export function createFolderMailer(options: FolderMailerOptions): Mailer {
  const { folder, from, clock, randomness, log } = options;
  return {
    async send(mail) {
      checkMail(mail);
      const sentMs = clock.nowMs();
      const messageId = randomness.uuid();
      const file = path.join(folder, `${fileTime(sentMs)}-${messageId}.eml`);
      const message = formatMessage(mail, { from, sentMs, messageId });
      await writeWhole(file, message).catch((error: unknown) => {
        throw new AppError('unavailable', 'Mail cannot be sent right now.', { cause: error });
      });
      log.info(
        { to: mail.to, subject: mail.subject, file },
        'wrote a mail into a file: no mailer is configured',
      );
    },
  };
}

function fileTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replaceAll(/[:.]/g, '-');
}

async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const unfinished = `${file}.unfinished`;
  try {
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** The name is durable with the folder, not with the file. */
async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders, and needs no such thing.
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
