/** What can go wrong with somebody else's server, in words for whoever named it. */
import { AppError } from '../../core/errors.ts';
import { HEADER_BYTES_MAX } from './outbound-http.ts';

interface Failure {
  readonly message: string;
  /** Before anything of the request was sent. */
  readonly early?: true;
}

const BROKEN_OFF: Failure = { message: 'The connection broke off before an answer.' };
const UNREACHABLE: Failure = { message: 'The host cannot be reached.', early: true };
const UNTRUSTED: Failure = { message: 'The certificate is not of a trusted authority.', early: true };
const NO_TLS: Failure = { message: 'The host does not speak TLS on this port.', early: true };

const FAILURES: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: { message: 'The host refuses connections.', early: true },
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  ECONNRESET: BROKEN_OFF,
  EPIPE: BROKEN_OFF,
  HPE_HEADER_OVERFLOW: { message: `The answer has more than ${HEADER_BYTES_MAX} bytes of headers.` },
  CERT_HAS_EXPIRED: { message: 'The certificate has expired.', early: true },
  CERT_NOT_YET_VALID: { message: 'The certificate is not valid yet.', early: true },
  ERR_TLS_CERT_ALTNAME_INVALID: { message: 'The certificate is of another host.', early: true },
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
};

/** Translates what Node's clients fail with. */
export function outboundError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const { message, early } = FAILURES[code] ?? otherFailure(code);
  return new AppError('unavailable', message, { cause: error, ...(early ? { outcome: 'not_applied' } : {}) });
}

function otherFailure(code: string): Failure {
  if (code.startsWith('HPE_')) return { message: 'The answer is not HTTP.' };
  if (/^ERR_(SSL|TLS)_/.test(code)) return { message: 'TLS with the host failed.', early: true };
  return { message: 'The request could not be sent.' };
}
