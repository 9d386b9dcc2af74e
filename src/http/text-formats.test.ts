import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { withTextFormats } from './text-formats.ts';

describe('a time in a text', () => {
  const isTime = withTextFormats(new Ajv({ strict: false })).compile({ type: 'string', format: 'date-time' });

  it('may be what RFC 3339 allows', () => {
    for (const text of [
      ...['2030-01-01T00:00:00Z', '2030-01-01t00:00:00z', '2030-01-01 00:00:00+05:30'],
      ...['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2024-02-29T23:59:59.123456Z'],
    ]) {
      assert.ok(isTime(text), text);
      assert.match(new Date(text).toISOString(), /^\d{4}-/);
    }
  });

  it('must be one that can be held, and written down again', () => {
    for (const text of [
      ...['2016-12-31T23:59:60Z', '1990-12-31T15:59:60-08:00'],
      ...['9999-12-31T23:59:59-23:59', '0001-01-01T00:00:00+23:59', '0000-01-01T00:00:00Z'],
      ...['2030-01-01', '2030-02-30T00:00:00Z', '2030-01-01T00:00:00', 'tomorrow', ''],
    ]) {
      assert.ok(!isTime(text), text);
    }
  });
});
