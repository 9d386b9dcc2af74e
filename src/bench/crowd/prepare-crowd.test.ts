import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type AccountsSetting, createAccountsSetting } from '../../../test/support/accounts-setting.ts';
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { generateFollowGraph } from '../../seed/follow-graph.ts';
import { bulkLoadUsers } from '../../systems/accounts/users/bulk-load.ts';
import { fingerprintOf, openCrowdNote } from './crowd-folder.ts';
import { prepareCrowd } from './prepare-crowd.ts';
import { STAR_READERS_MAX } from './star.ts';

const GRAPH = generateFollowGraph({ people: 20, followsMean: 3, seed: 1 });
const DAY_MS = 24 * 3_600_000;

describe('preparing a crowd', () => {
  let setting: AccountsSetting;
  let folder: string;
  const loads: string[] = [];
  before(async () => {
    setting = await createAccountsSetting();
    folder = await mkdtemp(path.join(tmpdir(), 'groundswell-crowd-'));
  });
  after(async () => {
    await setting.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function prepare(starFollowers = 0, clock = systemClock) {
    loads.length = 0;
    const counted = (name: string) => async (items: Iterable<unknown>) => {
      const count = [...items].length;
      loads.push(`${name}: ${count}`);
      return count;
    };
    const deps = {
      sql: setting.sql,
      target: {
        loadUsers: async (users: Parameters<typeof bulkLoadUsers>[1]) => {
          const { inserted, present } = await bulkLoadUsers(setting.sql, users);
          loads.push(`users: ${inserted + present}`);
          return inserted;
        },
        loadFollows: counted('follows'),
        loadPosts: counted('posts'),
      },
      vacuum: async () => void loads.push('vacuum'),
      clock,
      randomness: systemRandomness,
    };
    const note = await openCrowdNote(folder, fingerprintOf(GRAPH, 30), systemRandomness);
    const plan = { graph: GRAPH, posts: 30, starFollowers, seed: 1, folder, note };
    return prepareCrowd(deps, { ...plan, onProgress: () => undefined });
  }
  const statusOf = async (token: string) => (await setting.call('GET', '/users/me', { token })).statusCode;

  it('loads the graph once, and each person has a session', async () => {
    const crowd = await prepare();
    assert.deepEqual(loads, ['users: 20', `follows: ${GRAPH.followers.length}`, 'posts: 30', 'vacuum']);
    for (const person of [0, 19]) assert.equal(await statusOf(crowd.token(person)), 200);
    const again = await prepare();
    assert.deepEqual(loads, []);
    assert.deepEqual(again.readerTokens, crowd.readerTokens);
    assert.equal((await readFile(path.join(folder, 'bench.json'), 'utf8')).includes(crowd.token(0)), false);
  });

  it('starts new sessions before the old ones end', async () => {
    const crowd = await prepare();
    const later = { ...systemClock, nowMs: () => systemClock.nowMs() + 59.5 * DAY_MS };
    const renewed = await prepare(0, later);
    assert.deepEqual(loads, ['vacuum']);
    assert.notDeepEqual(renewed.readerTokens, crowd.readerTokens);
    assert.equal(await statusOf(renewed.token(3)), 200);
  });

  it('gives the star followers when it is asked for, of whom the first are people', async () => {
    const crowd = await prepare(STAR_READERS_MAX + 500);
    assert.deepEqual(loads, ['users: 1', `follows: ${STAR_READERS_MAX + 500}`, 'vacuum']);
    assert.equal(crowd.star?.followers, STAR_READERS_MAX + 500);
    assert.equal(await statusOf(crowd.star?.token ?? ''), 200);
    assert.equal((await prepare(10)).star?.followers, STAR_READERS_MAX + 500);
    assert.deepEqual(loads, []);
  });

  it('refuses a folder with another graph, or with data that is not its own', async () => {
    const open = (where: string, posts: number) =>
      openCrowdNote(where, fingerprintOf(GRAPH, posts), systemRandomness);
    await assert.rejects(open(folder, 31), { code: 'conflict' });
    const foreign = path.join(folder, 'foreign');
    await mkdir(path.join(foreign, 'postgres'), { recursive: true });
    await assert.rejects(open(foreign, 30), { code: 'conflict' });
  });
});
