import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock, systemRandomness } from '../../../core/clock.ts';
import { hasCode } from '../../../core/errors.ts';
import { checkPassword, createPasswords, HASHES_MAX, WAITING_MAX } from './password.ts';

const create = () => createPasswords({ randomness: systemRandomness, clock: systemClock });

describe('passwords', () => {
  it('have 8 to 128 characters and are not the username', () => {
    for (const password of ['12345678', 'x'.repeat(128), '👋'.repeat(8)]) checkPassword(password, 'alice');
    for (const [password, message] of [
      ['1234567', /must have 8 to 128/],
      ['x'.repeat(129), /must have 8 to 128/],
      ['ALICE_2026', /must not be the username/],
    ] as const) {
      assert.throws(
        () => checkPassword(password, 'alice_2026'),
        (error) => hasCode(error, 'invalid') && message.test(error.message),
      );
    }
  });

  it('are hashed by argon2id with the recommended parameters, each with a salt of its own', async () => {
    const passwords = create();
    const [one, other] = await Promise.all([passwords.hash('the same'), passwords.hash('the same')]);
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.notEqual(one, other);
    assert.equal(await passwords.verify(one, 'the same'), true);
    assert.equal(await passwords.verify(one, 'another'), false);
  });

  it('are the same however a keyboard writes an accent', async () => {
    const passwords = create();
    assert.equal(await passwords.verify(await passwords.hash('caf\u00e9-noir'), 'cafe\u0301-noir'), true);
  });

  it('never match where there is no hash, but are hashed all the same', async () => {
    assert.equal(await create().verify(undefined, 'groundswell nobody'), false);
  });

  it('are refused, not queued without end, when too many come at once', async () => {
    const passwords = create();
    const room = HASHES_MAX + WAITING_MAX;
    const work = Array.from({ length: room }, () => passwords.verify(undefined, 'x'));
    assert.equal(passwords.waiting(), WAITING_MAX);
    await assert.rejects(
      passwords.verify(undefined, 'x'),
      (error) => hasCode(error, 'unavailable') && error.retryAfterS !== undefined,
    );
    // How many of the queue have their turn before they have waited for too long depends on the machine.
    const results = await Promise.allSettled(work);
    assert.equal(
      results.slice(0, HASHES_MAX).every(({ status }) => status === 'fulfilled'),
      true,
    );
    assert.equal(passwords.waiting(), 0);
    assert.equal(await passwords.verify(undefined, 'x'), false);
  });
});
