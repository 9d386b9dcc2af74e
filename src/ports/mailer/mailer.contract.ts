/** What every mailer promises, whoever delivers. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { hasCode } from '../../core/errors.ts';
import { LINE_BYTES_MAX, type Mail, type Mailer, SUBJECT_BYTES_MAX, TEXT_BYTES_MAX } from './mailer.ts';

export interface MailerContractDeps {
  open(): Promise<MailerUnderTest>;
}

export interface MailerUnderTest {
  readonly mailer: Mailer;
  /** The messages as they are handed over, as bytes, in any order. */
  received(): Promise<Buffer[]>;
  /** What it has logged so far. */
  logged(): string;
  /** From now on, nobody takes messages. */
  interrupt(): Promise<void>;
  close(): Promise<void>;
}

const MAIL: Mail = { to: 'alice@example.org', subject: 'Set a new password', text: 'Hello.\nBye.\n' };

export function mailerContract(name: string, deps: MailerContractDeps): void {
  describe(`${name} is a mailer`, () => {
    let subject: MailerUnderTest;
    let seen = 0;
    before(async () => {
      subject = await deps.open();
    });
    beforeEach(async () => {
      seen = (await subject.received()).length;
    });
    after(() => subject.close());

    const refuses = async (change: Partial<Mail>, field: string) => {
      await assert.rejects(
        () => subject.mailer.send({ ...MAIL, ...change }),
        (error) => hasCode(error, 'invalid') && error.fields[0]?.field === field,
      );
      assert.equal((await subject.received()).length, seen);
    };
    /** The message with this text in it. */
    const sendAndFind = async (mail: Mail) => {
      await subject.mailer.send(mail);
      const found = (await subject.received()).map(parseMessage).filter(({ text }) => text === mail.text);
      assert.equal(found.length, 1);
      return found[0] ?? assert.fail();
    };

    it('hands over the message with the headers that every mail needs', async () => {
      const { headers } = await sendAndFind({ ...MAIL, text: 'The first.\n' });
      assert.equal(headers['to'], MAIL.to);
      assert.equal(headers['subject'], MAIL.subject);
      assert.match(headers['from'] ?? '', /@/);
      assert.match(headers['message-id'] ?? '', /^<[^<>@\s]+@[^<>@\s]+>$/);
      assert.match(
        headers['date'] ?? '',
        /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/,
      );
      assert.equal(headers['mime-version'], '1.0');
    });

    it('keeps subject and text in any script', async () => {
      const subjectText = 'Passwort für Zoë: 新しいパスワード 👩‍👩‍👧 '.repeat(3).trim();
      const text = 'Größe: ½\n.\n..\nFrom here on\n\tمرحبا 👋\n';
      const { headers } = await sendAndFind({ ...MAIL, subject: subjectText, text });
      assert.equal(headers['subject'], subjectText);
    });

    it('keeps what only looks like an encoded subject', async () => {
      const subjectText = '=?UTF-8?B?SGk=?= is not Hi';
      const { headers } = await sendAndFind({ ...MAIL, subject: subjectText, text: 'Look-alike.\n' });
      assert.equal(headers['subject'], subjectText);
    });

    it('gives each message an id of its own, also for the same mail twice', async () => {
      await Promise.all([1, 2].map(() => subject.mailer.send({ ...MAIL, text: 'Twice.\n' })));
      const twice = (await subject.received()).map(parseMessage).filter(({ text }) => text === 'Twice.\n');
      assert.equal(new Set(twice.map(({ headers }) => headers['message-id'])).size, 2);
    });

    it('sends nothing that could add a header or an address', async () => {
      for (const to of [
        'alice',
        'a@b\r\nBcc: c@d',
        'a@b, c@d',
        'A <a@b.org>',
        'ä@b.org',
        `${'a'.repeat(250)}@b.org`,
      ]) {
        await refuses({ to }, 'to');
      }
      for (const subjectText of ['a\nBcc: c@d', 'a\rb', 'a\0b', 'a\u2028b']) {
        await refuses({ subject: subjectText }, 'subject');
      }
      for (const text of ['a\r\nb', 'a\0b']) await refuses({ text }, 'text');
    });

    it('takes messages up to the limits and refuses one byte more', async () => {
      const lines = `${'x'.repeat(LINE_BYTES_MAX)}\n`;
      const text = lines.repeat(200).slice(-TEXT_BYTES_MAX);
      assert.equal(text.length, TEXT_BYTES_MAX);
      const { headers } = await sendAndFind({ ...MAIL, subject: 's'.repeat(SUBJECT_BYTES_MAX), text });
      assert.equal(headers['subject'], 's'.repeat(SUBJECT_BYTES_MAX));
      seen += 1;
      await refuses({ subject: 's'.repeat(SUBJECT_BYTES_MAX + 1) }, 'subject');
      await refuses({ text: 'x'.repeat(LINE_BYTES_MAX + 1) }, 'text');
      await refuses({ text: `\n${text}` }, 'text');
    });

    it('logs nothing of the text', async () => {
      await sendAndFind({ ...MAIL, text: 'https://example.org/#thesecret\n' });
      assert.doesNotMatch(subject.logged(), /thesecret/);
    });

    it('fails with unavailable when nobody takes the message', async () => {
      await subject.interrupt();
      await assert.rejects(subject.mailer.send(MAIL), (error) => hasCode(error, 'unavailable'));
      assert.equal((await subject.received()).length, seen);
    });
  });
}

interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Reads what RFC 5322 and 2047 say, as far as the port uses it; fails where a line is not as they want it. */
function parseMessage(bytes: Buffer): Message {
  const lines = bytes.toString('utf8').split('\r\n');
  assert.ok(
    lines.every((line) => !/[\r\n]/.test(line) && Buffer.byteLength(line) <= LINE_BYTES_MAX),
    'lines end with CRLF and have at most 998 bytes',
  );
  const end = lines.indexOf('');
  const head = lines.slice(0, end).join('\r\n');
  assert.match(head, /^[\x20-\x7e\r\n]+$/, 'headers are ASCII');
  const fields = head.replaceAll(/\r\n(?=[ \t])/g, '').split('\r\n');
  const headers = fields.map((field) => {
    const [, name = '', value = ''] = /^([!-9;-~]+): (.*)$/.exec(field) ?? assert.fail(`no header: ${field}`);
    return [name.toLowerCase(), decodeWords(value)] as const;
  });
  assert.equal(new Set(headers.map(([name]) => name)).size, headers.length, 'no header is there twice');
  return { headers: Object.fromEntries(headers), text: lines.slice(end + 1).join('\n') };
}

function decodeWords(value: string): string {
  return value
    .replaceAll(/\?=\s+(?==\?)/g, '?=')
    .replaceAll(/=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=/g, (word, base64: string) => {
      assert.ok(word.length <= 75, 'an encoded word has at most 75 characters');
      return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
    });
}
