/** The operator's own certificate and key: read before anything is started, because HAProxy reads them at the very end. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

export interface CertificateReading {
  /** Why no balancer would start with it, after the name of the file; `undefined`: one would. */
  readonly problem: string | undefined;
  /** What clients would make of it, or others on this machine. */
  readonly notes: readonly string[];
}

export interface CertificateOptions {
  /** With the certificate, what it is signed by, and the key; that may also be beside it, in a file that ends with `.key`. */
  readonly file: string;
  /** What clients call the balancer. */
  readonly hosts: readonly string[];
  readonly nowMs: number;
}

/** So that there is time to mend what should have renewed it. */
const DAYS_LEFT_MIN = 14;
const DAY_MS = 86_400_000;
const OF_OTHERS = 0o077;

export function readOperatorCertificate({ file, hosts, nowMs }: CertificateOptions): CertificateReading {
  const pem = textOf(file);
  if (pem === undefined) return refused('which is no file that can be read.');
  const [own, ...signers] = certificatesIn(pem);
  if (own === undefined) return refused('in which there is no certificate.');
  const keyFile = keyIn(pem) === undefined ? `${file}.key` : file;
  const key = keyIn(textOf(keyFile) ?? '');
  if (key === undefined) return refused('in which there is no key: it belongs into the same file.');
  const problem = keyProblem(own, key);
  if (problem !== undefined) return refused(problem);
  const isSigned = signers.length > 0 || own.checkIssued(own);
  const notes = [
    timeNote(own, nowMs),
    ...hosts.map((host) => (isFor(own, host) ? undefined : `is not for ${host}: browsers refuse it there.`)),
    isSigned ? undefined : `lacks what it is signed by (${signerOf(own)}): many programs refuse it.`,
    isOfOthers(keyFile) ? 'can be read by others on this machine, with its key: chmod 600.' : undefined,
  ];
  return { problem, notes: notes.flatMap((note) => (note === undefined ? [] : `${file} ${note}`)) };
}

function refused(problem: string): CertificateReading {
  return { problem, notes: [] };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return new X509Certificate(block);
    } catch {
      return [];
    }
  });
}

function keyIn(pem: string): string | undefined {
  return /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]+?-----END \1-----/.exec(pem)?.[0];
}

function keyProblem(certificate: X509Certificate, key: string): string | undefined {
  if (key.includes('ENCRYPTED')) {
    return 'whose key has a password, which nobody can type in at a start: take it off with openssl pkey.';
  }
  try {
    const isItsKey = certificate.checkPrivateKey(createPrivateKey(key));
    return isItsKey ? undefined : 'whose key belongs to another certificate than the first one in it.';
  } catch {
    return 'whose key cannot be read.';
  }
}

function timeNote({ validFrom, validTo }: X509Certificate, nowMs: number): string | undefined {
  const [fromMs, toMs] = [Date.parse(validFrom), Date.parse(validTo)];
  if (nowMs < fromMs)
    return `begins on ${dayOf(fromMs)}: clients refuse it, or this machine's clock is wrong.`;
  if (nowMs > toMs) return `ended on ${dayOf(toMs)}: clients refuse it.`;
  return toMs - nowMs < DAYS_LEFT_MIN * DAY_MS ? `ends on ${dayOf(toMs)}: renew it.` : undefined;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function isFor(certificate: X509Certificate, host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const name = isIP(address) === 0 ? certificate.checkHost(host) : certificate.checkIP(address);
  return name !== undefined;
}

/** The last and narrowest of the names that it goes by. */
function signerOf({ issuer }: X509Certificate): string {
  return issuer.split('\n').at(-1) ?? '';
}

function isOfOthers(file: string): boolean {
  return (statSync(file).mode & OF_OTHERS) !== 0;
}
