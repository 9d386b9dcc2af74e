import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemRandomness } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import {
  newSecret,
  parseSecret,
  SECRET_BYTES_MAX,
  SECRET_BYTES_MIN,
  signatureHeaders,
} from './webhook-signature.ts';

describe('a webhook signature', () => {
  it('is the one of the specification', () => {
    // The example of Standard Webhooks.
    const message = {
      messageId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1_614_265_330,
      body: '{"test": 2432232314}',
    };
    assert.deepEqual(signatureHeaders(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']), {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is one for each secret, with a space in between', () => {
    const message = { messageId: 'msg_1', timestampS: 1, body: '' };
    const both = signatureHeaders(message, ['whsec_AAAA', 'whsec_BBBB'])['webhook-signature'];
    const each = ['whsec_AAAA', 'whsec_BBBB'].map(
      (secret) => signatureHeaders(message, [secret])['webhook-signature'],
    );
    assert.equal(both, each.join(' '));
    assert.notEqual(each[0], each[1]);
  });
});

describe('a webhook secret', () => {
  const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

  it('is 32 random bytes unless the client has one', () => {
    const secret = newSecret(systemRandomness);
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.equal(parseSecret(secret), secret);
    assert.notEqual(newSecret(systemRandomness), secret);
  });

  it('of a client has 24 to 64 bytes of base64', () => {
    for (const bytes of [SECRET_BYTES_MIN, SECRET_BYTES_MAX]) parseSecret(secretOf(bytes));
    for (const text of [
      secretOf(SECRET_BYTES_MIN - 1),
      secretOf(SECRET_BYTES_MAX + 1),
      secretOf(SECRET_BYTES_MIN).slice(0, -1),
      secretOf(32).replace('whsec_', ''),
      `${secretOf(32)}=`,
      `whsec_${'!'.repeat(44)}`,
      'whsec_',
      '',
    ]) {
      assert.throws(
        () => parseSecret(text),
        (error) => hasCode(error, 'invalid'),
        text,
      );
    }
  });
});
