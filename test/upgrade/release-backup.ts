/**
 * The backup that is kept of a release, with the answers of its server: `<folder>/backup` and `<folder>/answers.json`.
 * A backup and not a data folder, because PostgreSQL's cluster is some 40 MB (docs/decisions/0008-backup-format.md).
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { textAt } from '../../src/client/api-client.ts';
import { runCommand } from '../support/command.ts';
import { createServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';
import { actOut, leaveWork, type Person, type Question } from './release-scenario.ts';
import {
  type Answer,
  type ReleaseAnswers,
  type ReleaseServer,
  startReleaseServer,
} from './release-server.ts';

export async function makeReleaseBackup(folder: string): Promise<void> {
  const home = await createServerHome();
  try {
    const first = await startReleaseServer(home);
    const { people, questions } = await actOut(first.call);
    await runOrFail(['admin', 'promote', 'alice', 'administrator', '--data', home.dataFolder]);
    const answers = await askAll(first, people, questions);
    await first.stop();
    // Without a worker, so that the events stay for one of a release that never wrote them.
    const second = await startReleaseServer(home, 'api');
    const gone = await leaveWork(second.call, people);
    await runOrFail(['backup', '--data', home.dataFolder, '--to', path.join(folder, 'backup')]);
    await second.stop();
    const kept: ReleaseAnswers = { people, answers, gone };
    await writeFile(path.join(folder, 'answers.json'), `${JSON.stringify(kept, undefined, 2)}\n`);
  } finally {
    await home.close();
  }
}

/** Restores the backup with the program of now, asks its server everything again, and goes on. */
export async function checkReleaseBackup(folder: string): Promise<void> {
  const kept: ReleaseAnswers = JSON.parse(await readFile(path.join(folder, 'answers.json'), 'utf8'));
  const home = await createServerHome();
  try {
    await runOrFail(['restore', '--data', home.dataFolder, '--from', path.join(folder, 'backup')]);
    const server = await startReleaseServer(home);
    const people = await signInAll(server, kept.people);
    await until(async () => (await server.ask(people, kept.gone)).status === 404);
    for (const then of kept.answers) {
      const now = await server.ask(people, then);
      assert.deepEqual(shared(then, now), then, `GET ${then.path} as ${then.as ?? 'nobody'}`);
    }
    await goOn(server, people, kept.answers);
    await server.stop();
  } finally {
    await home.close();
  }
}

async function runOrFail(args: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand(args);
  assert.equal(code, 0, stderr);
}

async function askAll(
  server: ReleaseServer,
  people: readonly Person[],
  questions: readonly Question[],
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const question of questions) answers.push(withoutRequest(await server.ask(people, question)));
  return answers;
}

/** With their passwords: the tokens of the backup expire, and this must hold for years. dave is gone. */
async function signInAll({ call }: ReleaseServer, people: readonly Person[]): Promise<Person[]> {
  const signedIn: Person[] = [];
  for (const person of people.filter(({ username }) => username !== 'dave')) {
    const { username, password } = person;
    const session = await call('POST', '/sessions', { body: { username, password } });
    signedIn.push({ ...person, token: textAt(session, 'access_token') });
  }
  return signedIn;
}

async function goOn(
  { call }: ReleaseServer,
  people: readonly Person[],
  answers: readonly Answer[],
): Promise<void> {
  const taken = JSON.stringify(answers);
  for (const { token } of people) {
    const postId = textAt(await call('POST', '/posts', { token, body: { text: 'Still here' } }), 'post_id');
    assert(!taken.includes(postId), 'no id is made again');
  }
}

/** Problems name their request, which is another one each time. */
function withoutRequest({ body, ...answer }: Answer): Answer {
  if (typeof body !== 'object' || body === null || !('request_id' in body)) return { ...answer, body };
  const { request_id: _, ...rest } = body;
  return { ...answer, body: rest };
}

/** `now` without the fields that `then` did not have: a later release may answer more, but nothing else. */
function shared(then: unknown, now: unknown): unknown {
  if (Array.isArray(then) && Array.isArray(now)) return now.map((item, index) => shared(then[index], item));
  if (!isObject(then) || !isObject(now)) return now;
  return Object.fromEntries(
    Object.entries(now)
      .filter(([name]) => name in then)
      .map(([name, value]) => [name, shared(then[name], value)]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
