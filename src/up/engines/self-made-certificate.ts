/** A certificate for trying TLS out on this machine: signed by nobody but itself, so browsers warn of it. */
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Environment } from '../../config/env.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { runProgram } from '../../ports/sql-store/embedded-postgres/program.ts';
import { findProgram, installCommand, type MissingProgram } from '../programs.ts';

export interface SelfMadeDeps {
  /** Where it is kept; made if it is not there. */
  readonly folder: string;
  /** Address on which the balancer listens. */
  readonly host: string;
  readonly environment: Environment;
  readonly clock: Pick<Clock, 'nowMs'>;
}

const PROGRAM = 'openssl';
const FILE = 'certificate.pem';
/** Browsers refuse what is valid for much longer than a year. */
const DAYS = 397;
/** One that ends sooner is made anew. */
const DAYS_LEFT_MIN = 30;
const DAY_MS = 86_400_000;

export function missingOpenssl(environment: Environment): MissingProgram[] {
  if (findProgram(PROGRAM, environment) !== undefined) return [];
  const remedy = installCommand({ debian: PROGRAM, homebrew: PROGRAM });
  return [{ what: 'openssl, which makes the certificate for tls', remedy }];
}

/** The file with certificate and key, which only we can read. The same one as before, as long as it is good. */
export async function keepSelfMadeCertificate(deps: SelfMadeDeps): Promise<string> {
  const file = path.join(deps.folder, FILE);
  const known = await readFile(file, 'utf8').catch(() => '');
  if (isGood(known, deps)) return file;
  await mkdir(deps.folder, { recursive: true, mode: 0o700 });
  // Renamed last: what has its name is whole.
  const pem = await makeCertificate(deps);
  await writeFile(`${file}.new`, pem, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return file;
}

/** By what people and programs on this machine call it. */
function namesOf(host: string): { readonly names: readonly string[]; readonly addresses: readonly string[] } {
  const isAny = host === '0.0.0.0' || host === '::';
  return {
    names: [...new Set(['localhost', hostname()])],
    addresses: [...new Set(['127.0.0.1', '::1', ...(isAny ? [] : [host])])],
  };
}

function isGood(pem: string, { host, clock }: SelfMadeDeps): boolean {
  try {
    const certificate = new X509Certificate(pem);
    const { names, addresses } = namesOf(host);
    const daysLeft = (Date.parse(certificate.validTo) - clock.nowMs()) / DAY_MS;
    return (
      daysLeft > DAYS_LEFT_MIN &&
      pem.includes('PRIVATE KEY') &&
      names.every((name) => certificate.checkHost(name) !== undefined) &&
      addresses.every((address) => certificate.checkIP(address) !== undefined)
    );
  } catch {
    return false;
  }
}

async function makeCertificate({ folder, host, environment }: SelfMadeDeps): Promise<string> {
  const { names, addresses } = namesOf(host);
  const alternatives = [
    ...names.map((name) => `DNS:${name}`),
    ...addresses.map((address) => `IP:${address}`),
  ].join(',');
  const { exitCode, output } = await runProgram({
    file: findProgram(PROGRAM, environment) ?? PROGRAM,
    args: [
      ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
      ...['-days', String(DAYS), '-subj', '/CN=Groundswell on this machine'],
      ...['-addext', `subjectAltName=${alternatives}`, '-keyout', '-', '-out', '-'],
    ],
    folder,
    user: undefined,
  });
  const blocks = output.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [];
  if (exitCode === 0 && blocks.length === 2) return `${blocks.join('\n')}\n`;
  throw new AppError(
    'unavailable',
    `openssl made no certificate: ${output.replaceAll(/-----BEGIN.*/gs, '').trim()}`,
  );
}
