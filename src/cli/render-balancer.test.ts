import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { runCommand } from '../../test/support/command.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';

const PAIR = ['--address', '10.0.0.100/24', '--interface', 'eth0', '--source', '10.0.0.11'];
const refusal = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(['render', ...args]);
  assert.notEqual(code, 0, stdout);
  return stderr;
};

describe('groundswell render', () => {
  it('prints the balancer of a topology for processes elsewhere, or says what it is not told', async (test) => {
    const file = path.join(await temporaryFolder(test), 'topology.yaml');
    await writeFile(
      file,
      'engines: { postgres: {}, haproxy: { host: 0.0.0.0, tls: {} } }\nprocesses: { worker: { roles: [worker] }, api: { roles: [api], count: 2 } }',
    );
    const haproxy = ['haproxy', '--file', file];
    const plain = [...haproxy, '--set', 'engines.haproxy.tls=null'];
    const servers = 'api=10.0.0.5:8080,[2001:db8::6]:8081';
    const { stdout, stderr } = await runCommand(['render', ...plain, '--servers', servers]);
    assert.match(stdout, /server api-1 10\.0\.0\.5:8080\n {4}server api-2 \[2001:db8::6\]:8081\n/, stderr);
    assert.match(stdout, /user haproxy\n {4}stats socket \/run\/haproxy\/admin\.sock/);
    assert.match(await refusal(...haproxy, '--servers', servers), /Only `up` makes a certificate/);
    assert.match(
      await refusal(...plain, '--servers', 'api=10.0.0.5:8080'),
      /api has 2 processes, and 1 addresses/,
    );
    assert.match(
      await refusal(...plain, '--servers', 'worker=10.0.0.5:8080'),
      /groups that answer requests are api/,
    );
    const [one, both] = ['api=10.0.0.5:8080', 'api=10.0.0.5:8080,10.0.0.6:8080'];
    const named = path.join(path.dirname(file), 'constructor.yaml');
    await writeFile(
      named,
      'engines: { postgres: {}, haproxy: {} }\nprocesses: { worker: { roles: [worker] }, api: { roles: [api] }, constructor: { roles: [api], systems: [links] } }',
    );
    const prototypes = ['haproxy', '--file', named, '--servers', 'api=10.0.0.5:80'];
    assert.match(await refusal(...prototypes), /constructor has 1 processes, and 0 addresses/);
    const whole = await runCommand(['render', ...prototypes, '--servers', 'constructor=10.0.0.6:80']);
    assert.match(whole.stdout, /server constructor 10\.0\.0\.6:80\n/, whole.stderr);
    for (const [options, message] of [
      [['--servers', 'api=10.0.0.5'], /It must be like api=/],
      [['--servers', `${one},10.0.0.5:8080`], /10\.0\.0\.5:8080 is named twice/],
      [['--servers', one, '--servers', one], /api is named twice/],
      [['--servers', both, '--statistics-port', '8080'], /Port 8080 is where clients come in/],
      [['--servers', both, '--user', 'a\nb'], /the name of a user/],
      [['--servers', both, '--admin-socket', '/tmp/a b'], /a path from the root/],
    ] as const) {
      assert.match(await refusal(...plain, ...options), message);
    }
  });

  it('prints who has the address of two balancers, and refuses what is none', async () => {
    const { stdout, stderr } = await runCommand(['render', 'keepalived', ...PAIR, '--peers', '10.0.0.12']);
    assert.match(stdout, /unicast_src_ip 10\.0\.0\.11\n {4}unicast_peer \{\n {4,8}10\.0\.0\.12\n/, stderr);
    assert.match(stdout, /virtual_ipaddress \{\n {4,8}10\.0\.0\.100\/24\n/);
    assert.match(await refusal('keepalived', ...PAIR, '--peers', 'other'), /It must be an address/);
    assert.match(
      await refusal('keepalived', ...PAIR, '--peers', '10.0.0.12', '--address', '10.0.0.100'),
      /the bits of its network/,
    );
  });
});
