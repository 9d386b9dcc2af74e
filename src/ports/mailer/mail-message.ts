/** A message as text in the format of RFC 5322 and MIME. */
import { invalidField } from '../../core/errors.ts';
import { LINE_BYTES_MAX, type Mail, SUBJECT_BYTES_MAX, TEXT_BYTES_MAX } from './mailer.ts';

export interface MessageHead {
  /** Who sends, such as `Groundswell <noreply@example.org>`, in ASCII. */
  readonly from: string;
  /** Milliseconds since 1970. */
  readonly sentMs: number;
  /** Unique for ever; of letters, digits and `-`. */
  readonly messageId: string;
}

const ADDRESS = /^[\x21-\x7e]+@[\x21-\x7e]+$/;
const ADDRESS_LENGTH_MAX = 254;
const CONTROL = /\p{Cc}|[\u2028\u2029]/u;
const ASCII = /^[\n\t\x20-\x7e]*$/;

/** Fails with `invalid` for a message beyond the port's limits. */
export function checkMail({ to, subject, text }: Mail): void {
  if (!ADDRESS.test(to) || /[<>,;:"()[\]\\]/.test(to) || to.length > ADDRESS_LENGTH_MAX) {
    throw invalidField('to', 'must be one address such as name@example.org.');
  }
  if (CONTROL.test(subject) || Buffer.byteLength(subject) > SUBJECT_BYTES_MAX) {
    throw invalidField('subject', `must be one line of at most ${SUBJECT_BYTES_MAX} bytes.`);
  }
  const lineBytesMax = Math.max(...text.split('\n').map((line) => Buffer.byteLength(line)));
  if (text.includes('\r') || text.includes('\0') || lineBytesMax > LINE_BYTES_MAX) {
    throw invalidField('text', `must have lines of at most ${LINE_BYTES_MAX} bytes, ended by LF.`);
  }
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) {
    throw invalidField('text', `must have at most ${TEXT_BYTES_MAX} bytes.`);
  }
}

/** The message with CRLF line ends, to be written as UTF-8. For a mail that `checkMail` lets pass. */
export function formatMessage({ to, subject, text }: Mail, { from, sentMs, messageId }: MessageHead): string {
  const ascii = ASCII.test(text);
  const headers = [
    `Date: ${formatDate(sentMs)}`,
    `From: ${from}`,
    `To: ${to}`,
    `Message-ID: <${messageId}@${domainOf(from)}>`,
    `Subject: ${encodeSubject(subject)}`,
    'MIME-Version: 1.0',
    `Content-Type: text/plain; charset=${ascii ? 'us-ascii' : 'utf-8'}`,
    `Content-Transfer-Encoding: ${ascii ? '7bit' : '8bit'}`,
    // So that no holiday notice answers, RFC 3834.
    'Auto-Submitted: auto-generated',
  ];
  const body = text.endsWith('\n') ? text : `${text}\n`;
  return [...headers, '', ...body.split('\n')].join('\r\n');
}

/** RFC 5322, 3.3. */
function formatDate(timeMs: number): string {
  return new Date(timeMs).toUTCString().replace('GMT', '+0000');
}

function domainOf(from: string): string {
  return /@([^\s>]+)/.exec(from)?.[1] ?? 'localhost';
}

/** An encoded word has at most 75 characters (RFC 2047, 2), 12 of them for its frame: 45 bytes make 60 of base64. */
const ENCODED_WORD_BYTES_MAX = 45;
/** Lines should have at most 78 characters, and what looks like an encoded word must be encoded itself. */
const PLAIN_SUBJECT = /^(?!.*=\?)[\x20-\x7e]{0,68}$/;

function encodeSubject(subject: string): string {
  if (PLAIN_SUBJECT.test(subject)) return subject;
  const words: string[] = [''];
  // No character may be cut in two: each word is decoded by itself.
  for (const character of subject) {
    const word = (words.at(-1) ?? '') + character;
    if (Buffer.byteLength(word) > ENCODED_WORD_BYTES_MAX) words.push(character);
    else words[words.length - 1] = word;
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}
