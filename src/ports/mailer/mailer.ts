/** The mailer port: hands messages to whoever delivers them. */

/** One message to one person, as plain text. */
export interface Mail {
  /** One address, such as name@example.org, in visible ASCII. */
  readonly to: string;
  /** One line, in any script, at most SUBJECT_BYTES_MAX. */
  readonly subject: string;
  /** Lines that end with LF, each of at most LINE_BYTES_MAX, in all at most TEXT_BYTES_MAX. */
  readonly text: string;
}

/** In UTF-8; what fits into the headers of one message everywhere. */
export const SUBJECT_BYTES_MAX = 400;
/** RFC 5322, 2.1.1: longer lines are cut on the way. */
export const LINE_BYTES_MAX = 998;
export const TEXT_BYTES_MAX = 100_000;

export interface Mailer {
  /**
   * Resolves when the message is in the hands of whoever delivers it, so that a crash of this process does not lose
   * it; whether it reaches anyone cannot be known. Messages arrive in any order.
   *
   * Not idempotent: each call is a message of its own. It settles within 10 s. Fails with `invalid` for a message
   * beyond the limits above or with line breaks or other controls in its address or subject (nothing is sent), with
   * `unavailable` when nobody takes it (outcome `not_applied` where that is certain), with `timeout`.
   * What it logs never holds the text, which may have a secret in it.
   */
  send(mail: Mail): Promise<void>;
}
