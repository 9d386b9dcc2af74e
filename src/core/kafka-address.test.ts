import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BROKERS_MAX, parseKafkaUrl, REPLICAS_MAX } from './kafka-address.ts';

describe('the URL of a Kafka cluster', () => {
  it('names brokers, and the rest is as usual', () => {
    assert.deepEqual(parseKafkaUrl('kafka://a.example:9092,127.0.0.1:9093,[::1]:9094'), {
      brokers: ['a.example:9092', '127.0.0.1:9093', '[::1]:9094'],
      prefix: 'groundswell.',
      replicas: undefined,
      tls: false,
      login: undefined,
    });
  });

  it('says what differs', () => {
    const url = 'kafka://al%40ice:p%3Aw@a:1,b:2/?prefix=x-&replicas=3&tls=on&sasl=plain';
    assert.deepEqual(parseKafkaUrl(url), {
      brokers: ['a:1', 'b:2'],
      prefix: 'x-',
      replicas: 3,
      tls: true,
      login: { mechanism: 'PLAIN', user: 'al@ice', password: 'p:w' },
    });
    assert.equal(parseKafkaUrl('kafka://u:p@a:1')?.login?.mechanism, 'SCRAM-SHA-512');
    assert.equal(parseKafkaUrl('kafka://a:1?prefix=')?.prefix, '');
  });

  it('is refused when a part of it is wrong', () => {
    const wrong = [
      'postgres://a:1',
      'kafka://',
      'kafka://a',
      'kafka://a:0',
      'kafka://a:65536',
      'kafka://a:1,',
      'kafka://a:1/path',
      'kafka://a:1?more=1',
      'kafka://a:1?tls=yes',
      'kafka://a:1?sasl=plain',
      'kafka://u:p@a:1?sasl=gssapi',
      'kafka://u@a:1',
      'kafka://u:%zz@a:1',
      'kafka://a:1?prefix=a b',
      `kafka://a:1?prefix=${'x'.repeat(65)}`,
      'kafka://a:1?replicas=0',
      `kafka://a:1?replicas=${REPLICAS_MAX + 1}`,
      `kafka://${Array.from({ length: BROKERS_MAX + 1 }, () => 'a:1').join(',')}`,
    ];
    assert.deepEqual(
      wrong.filter((url) => parseKafkaUrl(url) !== undefined),
      [],
    );
    const most = Array.from({ length: BROKERS_MAX }, () => 'a:1').join(',');
    assert.equal(parseKafkaUrl(`kafka://${most}?replicas=${REPLICAS_MAX}`)?.brokers.length, BROKERS_MAX);
  });
});
