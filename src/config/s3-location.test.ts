import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseS3Url } from './s3-location.ts';

describe('parseS3Url', () => {
  it('takes a key, a host and a bucket, over TLS in the region that storages without regions are in', () => {
    assert.deepEqual(parseS3Url('s3://AKIA:secret@s3.example/pictures'), {
      endpoint: 'https://s3.example',
      bucket: 'pictures',
      prefix: '',
      region: 'us-east-1',
      accessKeyId: 'AKIA',
      secretAccessKey: 'secret',
      directEndpoint: undefined,
    });
  });

  it('takes a port, folders, a region, no TLS, and where clients reach it', () => {
    const text =
      's3://key:a%2Fb%2Bc%3D@127.0.0.1:9000/pictures/groundswell/eu/?region=eu-central-1&tls=off&direct=https://files.example:8443';
    assert.deepEqual(parseS3Url(text), {
      endpoint: 'http://127.0.0.1:9000',
      bucket: 'pictures',
      prefix: 'groundswell/eu/',
      region: 'eu-central-1',
      accessKeyId: 'key',
      secretAccessKey: 'a/b+c=',
      directEndpoint: 'https://files.example:8443',
    });
  });

  it('refuses what lacks a part, misspells one, or leads elsewhere', () => {
    for (const text of [
      's3:',
      'https://key:secret@host/bucket',
      's3://host/bucket',
      's3://key@host/bucket',
      's3://:secret@host/bucket',
      's3://key:sec/ret@host/bucket',
      's3://key:%E0%A4%A@host/bucket',
      's3://key:secret@host',
      's3://key:secret@host/',
      's3://key:secret@host/B',
      's3://key:secret@host/ab',
      's3://key:secret@host/bucket/../x',
      's3://key:secret@host/bucket/a//b',
      's3://key:secret@host/bucket/a/b/c/d/e',
      's3://key:secret@host/bucket#part',
      's3://key:secret@host/bucket?tls=no',
      's3://key:secret@host/bucket?Region=x',
      's3://key:secret@host/bucket?region=EU/x',
      's3://key:secret@host/bucket?direct=https://files.example/path',
      's3://key:secret@host/bucket?direct=ftp://files.example',
    ]) {
      assert.equal(parseS3Url(text), undefined, text);
    }
  });
});
