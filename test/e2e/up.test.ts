/** `groundswell up` as its user sees it: everything runs, and nothing is left of it, however it ends. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import { findFreePort } from '../../src/bench/server-process.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { findProgram } from '../../src/up/programs.ts';
import { atEnd } from '../support/at-end.ts';
import { runCommand, startCommand } from '../support/command.ts';
import { haproxyBackend } from '../support/haproxy-program.ts';
import { createJourneyClient, type Person } from '../support/journey-client.ts';
import { kafkaJars } from '../support/kafka-broker.ts';
import { openWebSocket } from '../support/live-client.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { createUpHome } from '../support/running-up.ts';
import { postSteadily, readSteadily } from '../support/steady-requests.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { EXPIRED_CERTIFICATE, VALID_CERTIFICATE } from '../support/test-certificates.ts';
import { until } from '../support/until.ts';

const STAGE_2 = `
name: stage-2
engines: { postgres: {} }
processes:
  api: { roles: [api] }
  worker: { roles: [worker] }
`;
const READERS = 8;
const AUTHORS = 2;
const WATCHERS = 10;
/** What a WebSocket is closed with by a process that stops. */
const SERVICE_RESTART = 1_012;
const TRIES_MAX = 50;
const RETRY_MS = 200;
/** What is left notices within this time that it is alone. */
const ORPHANS_MS_MAX = 30_000;
/** A process that is started again, on a machine that has much else to do. */
const AGAIN_MS_MAX = 60_000;

describe('groundswell up', () => {
  it('runs stage 2, leaves nothing when it is killed, and goes on with its data at the next start', async (test) => {
    const home = await createUpHome(test, STAGE_2);
    const first = await home.start();
    const { alice } = await people(first.record.url);
    const post = await postPatiently(alice, 'Is this still here?');
    const processes = await first.processes();
    assert.ok(processes.pids.length > 4, 'PostgreSQL, an api, a worker, and up itself');

    const status = await runCommand(['up', 'status', '--data', home.dataFolder]);
    assert.equal(status.code, 0, status.stderr);
    assert.match(status.stdout, /^api +api +\d+ +\d+ +ready$/m);
    assert.match(status.stdout, /^worker +worker +\d+ +\d+ +ready$/m);

    const beside = await runCommand(['events', 'lag', '--data', home.dataFolder]);
    assert.equal(beside.code, 0, beside.stderr);
    assert.match(beside.stdout, /^GROUP +TOPIC /m);
    assert.equal(existsSync(path.join(home.dataFolder, 'postgres')), false, 'no database was made beside it');

    const second = await runCommand(['up', '--stage', '1', '--data', home.dataFolder]);
    assert.equal(second.code, 1);
    assert.match(
      second.stderr,
      new RegExp(`in use by process ${first.record.pid} \\(groundswell up, .*serving `),
    );

    first.command.kill('SIGKILL');
    await until(() => processes.survivors().length === 0, ORPHANS_MS_MAX);

    const again = await home.start();
    assert.equal(again.record.url, first.record.url, 'ports stay the same');
    const client = createJourneyClient(() => again.record.url);
    await until(async () => (await client.call('GET', `/posts/${post.post_id}`)).status === 200);
    const laterProcesses = await again.processes();
    again.command.kill('SIGINT');
    const { code, stdout } = await again.command.ended;
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^api +\| .* stopped$/m, 'the lines of processes have their names');
    assert.deepEqual(laterProcesses.survivors(), []);
    assert.equal(existsSync(path.join(home.dataFolder, 'up', 'processes.json')), false);
    const without = await runCommand(['feeds', 'verify', '--data', home.dataFolder]);
    assert.match(without.stderr, /one of `groundswell up`, which does not run/);
  });

  it('starts a process again that has died, and clears up behind one whose engine does not start', async (test) => {
    const home = await createUpHome(test, 'processes: { all: { roles: [api, worker] } }');
    const up = await home.start();
    const before = (await up.processOf('all')).pid;
    process.kill(before, 'SIGKILL');
    await until(
      async () =>
        (await up.processOf('all').then(
          ({ pid }) => pid,
          () => before,
        )) !== before,
      AGAIN_MS_MAX,
    );
    const client = createJourneyClient(() => up.record.url);
    await until(
      async () => (await client.call('GET', '/registration').catch(() => undefined))?.status === 200,
      AGAIN_MS_MAX,
    );
    assert.equal((await runCommand(['up', 'down', '--data', home.dataFolder])).code, 0);
    const { code, stdout } = await up.command.ended;
    assert.equal(code, 0);
    assert.match(stdout, /all was ended by SIGKILL and is started again/);
  });

  it('says what is wrong before anything is started', async (test) => {
    const folder = await temporaryFolder(test);
    const file = path.join(folder, 'topology.yaml');
    const check = (text: string, ...options: string[]) =>
      writeFile(file, text).then(() => runCommand(['up', '--file', file, '--data', folder, ...options]));

    const mistakes = await check('engines: { redis: { nodes: 2 } }\nprocesses: { api: { rolls: [api] } }');
    assert.equal(mistakes.code, 1);
    assert.match(mistakes.stderr, /^topology\.yaml has 2 mistakes:$/m);
    assert.match(mistakes.stderr, /topology\.yaml:1: engines\.redis\.nodes must be 1, or 3 to 16/);
    assert.match(mistakes.stderr, /topology\.yaml:2: processes\.api\.rolls is not known here/);

    const settings = await check('processes: { all: {} }\nsettings: { GROUNDSWELL_REGISTRATION: maybe }');
    assert.match(settings.stderr, /GROUNDSWELL_REGISTRATION must be one of open, closed; it is "maybe"/);

    const tls = 'engines: { postgres: {}, haproxy: { tls: { certificate: /no/such.pem } } }';
    const certificate = await check(`${tls}\nprocesses: { all: {} }`);
    assert.match(certificate.stderr, /haproxy\.tls\.certificate names \/no\/such\.pem, which is no file/);

    const backup = await check('processes: { all: {} }', '--check', '--restore', '/no/such');
    assert.match(backup.stderr, /^groundswell: \/no\/such is no backup: /m);

    const port = await findFreePort();
    const taken = createServer().listen(port, '127.0.0.1');
    atEnd(test, () => taken.close());
    const conflict = await check(`processes: { all: { port: ${port} } }`, '--check');
    assert.match(
      conflict.stderr,
      new RegExp(`Port ${port} of 127.0.0.1 \\(all\\) is taken by another program`),
    );

    const fine = await check('processes: { all: {} }', '--check', '--set', 'processes.all.cpu=0.5');
    assert.equal(fine.code, 0, fine.stderr);
    assert.match(fine.stdout, /^all +api, worker, dispatch +\d+ +0\.5$/m);

    const absent = await startCommand(['up', '--stage', '4', '--data', folder, '--check'], {
      prefix: ['env', 'PATH=/nowhere', 'KAFKA_HOME=', `HOME=${folder}`],
    }).ended;
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /needs what is not installed here\. Nothing was started\./);
    const commands = absent.stderr.split('\n').filter((line) => line.startsWith('  - '));
    assert.ok(commands.length >= 2, absent.stderr);
    for (const command of commands) assert.match(command, /: (apt-get|brew) install [a-z]/);
    const [, pom = ''] = /Kafka's jars: .* && mvn -q -f (\S+) dependency:copy-/.exec(absent.stderr) ?? [];
    assert.ok(existsSync(pom), `${pom} is there`);
  });
});

/** As stage 4, of the engines that this machine has. */
function stage4(port: number): string {
  const redis =
    findProgram('redis-server', readEnvironment()) === undefined ? '' : 'redis: { nodes: 3, memory_mb: 32 }';
  const jars = kafkaJars();
  const kafka = jars === undefined ? '' : `kafka: { heap_mb: 256, home: ${jars} }`;
  return `
engines:
  postgres: {}
  haproxy: { port: ${port} }
  ${redis}
  ${kafka}
processes:
  api: { roles: [api], count: 2 }
  worker: { roles: [worker] }
settings: { GROUNDSWELL_RATE_LIMITS: off }
`;
}

describeOnBackend('groundswell up, several api processes,', haproxyBackend(readEnvironment()), () => {
  it('fails no read and loses no write, though one of them is killed and all are restarted', async (test) => {
    const home = await createUpHome(test, stage4(await findFreePort()));
    const up = await home.start();
    const { url } = up.record;
    const { alice, bob } = await people(url);
    await patiently(() => bob.put(`/users/${alice.userId}/follow`));
    const live = await openWebSocket({ url, token: bob.token });
    const reading = readSteadily(url, bob.token, READERS);
    const writing = postSteadily(url, alice.token, AUTHORS);
    atEnd(test, () => Promise.all([reading.stop(), writing.stop()]));

    await until(() => reading.answers() > 50);
    process.kill((await up.processOf('api-1')).pid, 'SIGKILL');
    const post = await postPatiently(bob, 'One of them is gone.');
    await until(
      async () => (await patiently(() => bob.get(`/posts/${post.post_id}`))).post_id === post.post_id,
    );
    const afterKill = reading.answers();
    await until(async () => (await statusOf(home.dataFolder)).code === 0, AGAIN_MS_MAX);
    // The balancer notices a moment later that it is back.
    const { port } = await up.processOf('api-1');
    await until(async () => await hasServedFeeds(port));
    await until(() => reading.answers() > afterKill + 200);
    assert.deepEqual([reading.failures, writing.failures], [[], []], 'after the kill');
    // Its connection was with one of the two: either it is told, or it was closed with the process, to be opened again.
    await until(() => live.count('post') > 0 || live.isClosed());

    const watchers = await Promise.all(
      Array.from({ length: WATCHERS }, () => openWebSocket({ url, token: bob.token })),
    );
    const restarting = runCommand(['up', 'restart', 'api', '--data', home.dataFolder]);
    const closed = () => watchers.filter((watcher) => watcher.isClosed());
    await until(() => closed().length > 0);
    const told = watchers.map((watcher) => watcher.count('post'));
    // Those of the other process, which go on meanwhile.
    await until(() => {
      const isOpen = watchers.map((watcher) => !watcher.isClosed());
      const isTold = watchers.map((watcher, index) => watcher.count('post') > (told[index] ?? 0));
      return isOpen.includes(true) && isOpen.every((open, index) => !open || isTold[index]);
    });
    for (const watcher of closed()) assert.equal(watcher.closeCode(), SERVICE_RESTART);
    const { stdout, stderr: said } = await restarting;
    assert.match(stdout, /^Restarted api-1 .*\nRestarted api-2 /, said);
    const { stderr } = await runCommand(['up', 'restart', 'apis', '--data', home.dataFolder]);
    assert.match(stderr, /No process is called apis\. There are: api-1, api-2, worker/);
    await Promise.all([reading.stop(), writing.stop()]);
    assert.deepEqual([reading.failures, writing.failures], [[], []]);
    const { items } = await bob.get(`/users/${alice.userId}/posts?limit=100`);
    const lastIds = writing.postIds.toSorted().slice(-items.length).reverse();
    assert.deepEqual(
      items.map((item: { readonly post_id: string }) => item.post_id),
      lastIds,
    );
    const { post_count: count } = await bob.get(`/users/${alice.userId}`);
    assert.deepEqual([count, new Set(writing.postIds).size], [writing.answers(), writing.answers()]);
    test.diagnostic(
      `${reading.answers()} reads and ${writing.answers()} posts, none failed, none lost, none twice`,
    );

    const hidden = await fetch(`${url}/metrics`);
    assert.equal(hidden.status, 404);
    const processes = await up.processes();
    up.command.kill('SIGTERM');
    const ended = await up.command.ended;
    assert.equal(ended.code, 0, ended.stdout);
    assert.deepEqual(processes.survivors(), []);
  });
});

describeOnBackend('groundswell up, a certificate that is renewed,', haproxyBackend(readEnvironment()), () => {
  it('is served to whoever comes next, and nobody is refused meanwhile; a wrong one is not taken', async (test) => {
    const file = path.join(await temporaryFolder(test), 'app.pem');
    const put = ({ cert, key }: typeof VALID_CERTIFICATE) =>
      writeFile(file, `${cert}\n${key}\n`, { mode: 0o600 });
    await put(EXPIRED_CERTIFICATE);
    const [port, tlsPort] = [await findFreePort(), await findFreePort()];
    const home = await createUpHome(
      test,
      `
engines:
  postgres: {}
  haproxy: { port: ${port}, tls: { port: ${tlsPort}, certificate: ${file} } }
processes:
  all: { roles: [api, worker, dispatch] }
`,
    );
    const up = await home.start();
    const served = () => servedCertificate(tlsPort);
    const serialOf = ({ cert }: typeof VALID_CERTIFICATE) => new X509Certificate(cert).serialNumber;
    assert.equal(await served(), serialOf(EXPIRED_CERTIFICATE));

    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
    atEnd(test, () => agent.destroy());
    const answers: unknown[] = [];
    let isDone = false;
    const readers = Array.from({ length: READERS }, async () => {
      while (!isDone) answers.push(await statusOverTls(agent, tlsPort).catch((error: unknown) => error));
    });
    await until(() => answers.length > 100);
    const restart = () => runCommand(['up', 'restart', 'haproxy', '--data', home.dataFolder]);
    await put(VALID_CERTIFICATE);
    assert.match((await restart()).stdout, /^Reloaded haproxy /);
    assert.equal(await served(), serialOf(VALID_CERTIFICATE));

    await put({ cert: EXPIRED_CERTIFICATE.cert, key: VALID_CERTIFICATE.key });
    const { code, stderr } = await restart();
    assert.equal(code, 1);
    assert.match(stderr, /goes on as it is: it has .*app\.pem, whose key belongs to another certificate/);
    assert.equal(await served(), serialOf(VALID_CERTIFICATE));
    const before = answers.length;
    await until(() => answers.length > before + 100);
    isDone = true;
    await Promise.all(readers);
    assert.deepEqual([...new Set(answers)], [200]);
    assert.equal((await statusOf(home.dataFolder)).code, 0);

    const processes = await up.processes();
    up.command.kill('SIGTERM');
    assert.equal((await up.command.ended).code, 0);
    assert.deepEqual(processes.survivors(), [], 'those that were begun anew among them');
  });
});

async function servedCertificate(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

async function statusOverTls(agent: Agent, port: number): Promise<number | undefined> {
  const sent = get({ agent, port, host: '127.0.0.1', path: '/health/live' });
  const [response] = await once(sent, 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

function statusOf(dataFolder: string) {
  return runCommand(['up', 'status', '--data', dataFolder]);
}

async function people(url: string): Promise<{ alice: Person; bob: Person }> {
  const client = createJourneyClient(() => url);
  const signUp = (name: string) => patiently(() => client.signUp(name));
  return { alice: await signUp('alice'), bob: await signUp('bob') };
}

/** A machine under test may be so busy that requests are turned away, and a killed process breaks some off. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
      await systemClock.sleep(RETRY_MS);
    }
  }
}

/** A write that was broken off is repeated with the same key: the balancer cannot know whether it was done. */
function postPatiently(author: Person, text: string): Promise<{ readonly post_id: string }> {
  const headers = { 'idempotency-key': `up-${systemRandomness.uuid()}` };
  return patiently(() => author.post('/posts', { body: { text }, headers }));
}

async function hasServedFeeds(port: number): Promise<boolean> {
  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
  return /^http_requests_total\{.*\/feed"/m.test(await metrics.text());
}
