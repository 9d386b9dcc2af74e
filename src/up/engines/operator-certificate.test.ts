import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import {
  EXPIRED_CERTIFICATE,
  TEST_AUTHORITY,
  VALID_CERTIFICATE,
} from '../../../test/support/test-certificates.ts';
import { readOperatorCertificate } from './operator-certificate.ts';

const { cert, key } = VALID_CERTIFICATE;
const WHOLE = `${cert}\n${TEST_AUTHORITY}\n${key}\n`;
const HOST = 'hooks.example';
const NOW_MS = Date.parse('2026-06-01');
const DAY_MS = 86_400_000;

async function read(test: TestContext, text: string, { hosts = [HOST], nowMs = NOW_MS, mode = 0o600 } = {}) {
  const file = path.join(await temporaryFolder(test), 'app.pem');
  await writeFile(file, text);
  await chmod(file, mode);
  const { problem, notes } = readOperatorCertificate({ file, hosts, nowMs });
  for (const note of notes) assert.ok(note.startsWith(`${file} `), note);
  return { problem, notes: notes.map((note) => note.slice(file.length + 1)) };
}

describe("an operator's certificate", () => {
  it('is right as one file with all of it, or with the key beside it', async (test) => {
    assert.deepEqual(await read(test, WHOLE), { problem: undefined, notes: [] });
    const file = path.join(await temporaryFolder(test), 'app.pem');
    await writeFile(file, `${cert}\n${TEST_AUTHORITY}\n`);
    await writeFile(`${file}.key`, key, { mode: 0o600 });
    const { problem, notes } = readOperatorCertificate({ file, hosts: [HOST], nowMs: NOW_MS });
    assert.deepEqual([problem, notes], [undefined, []]);
  });

  it('is refused where no balancer could start with it, and why is said', async (test) => {
    const encrypted = generateKeyPairSync('ec', {
      namedCurve: 'prime256v1',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    });
    const old =
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nQUJD\n-----END RSA PRIVATE KEY-----';
    const refused: readonly (readonly [RegExp, string])[] = [
      [/no certificate/, ''],
      [/no certificate/, 'hello'],
      [/no certificate/, key],
      [/no certificate/, `-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n${key}`],
      [/no key/, cert],
      [/password.*openssl pkey/, `${cert}\n${encrypted.privateKey}`],
      [/password/, `${cert}\n${old}`],
      [/belongs to another/, `${cert}\n${EXPIRED_CERTIFICATE.key}`],
      [/belongs to another/, `${TEST_AUTHORITY}\n${WHOLE}`],
      [/cannot be read/, `${cert}\n-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----`],
    ];
    for (const [told, text] of refused) {
      const { problem, notes } = await read(test, text);
      assert.match(problem ?? '', told);
      assert.deepEqual(notes, []);
    }
    const absent = { file: '/nowhere/app.pem', hosts: [], nowMs: NOW_MS };
    assert.match(readOperatorCertificate(absent).problem ?? '', /no file that can be read/);
  });

  it('is taken, with a word, where only clients would refuse it or others could read it', async (test) => {
    const alone = `${EXPIRED_CERTIFICATE.cert}\n${EXPIRED_CERTIFICATE.key}`;
    const endMs = Date.parse('2120-01-01');
    const taken: readonly (readonly [readonly RegExp[], Parameters<typeof read>[1], object?])[] = [
      [[/^ended on 2020-01-0\d: /, /^lacks what it is signed by \(CN=Groundswell test authority\): /], alone],
      [[/^begins on 2020-01-01: .*clock/], WHOLE, { nowMs: Date.parse('2019-12-31') }],
      [[/^ends on 2120-01-01: renew it/], WHOLE, { nowMs: endMs - 13 * DAY_MS }],
      [[], WHOLE, { nowMs: endMs - 15 * DAY_MS }],
      [
        [/^is not for app\.example: /, /^is not for \[::1\]: /],
        WHOLE,
        { hosts: ['app.example', HOST, '[::1]'] },
      ],
      [[/^can be read by others .*chmod 600/], WHOLE, { mode: 0o640 }],
    ];
    for (const [told, text, options] of taken) {
      const { problem, notes } = await read(test, text, options);
      assert.equal(problem, undefined);
      assert.equal(notes.length, told.length, notes.join('\n'));
      for (const [index, pattern] of told.entries()) assert.match(notes[index] ?? '', pattern);
    }
  });
});
