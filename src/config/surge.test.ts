import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SETTINGS } from './settings.ts';
import { parseSurge, SURGE_MULTIPLIER_MAX, SURGE_PRESSURE_MAX } from './surge.ts';

it('surge is levels that grow, after that without surge', () => {
  assert.deepEqual(parseSurge('1.5@1, 2@2.5'), [
    { percent: 100, fromPressure: 0 },
    { percent: 150, fromPressure: 1_000 },
    { percent: 200, fromPressure: 2_500 },
  ]);
  assert.deepEqual(parseSurge('off'), [{ percent: 100, fromPressure: 0 }]);
  const most = parseSurge(`${SURGE_MULTIPLIER_MAX}@${SURGE_PRESSURE_MAX}`);
  assert.deepEqual(most?.at(-1), { percent: 1_000, fromPressure: 1_000_000 });
});

it('what is no surge is none', () => {
  const wrong = [
    ...['', 'on', '1@1', '1.5', '1.5@', '@1', '1.5@0', '2@1,1.5@2', '2@2,3@1', '2@1,2@2', '1.555@1', '-2@1'],
    ...[`${SURGE_MULTIPLIER_MAX}.01@1`, `2@${SURGE_PRESSURE_MAX}.001`],
  ];
  for (const text of wrong) assert.equal(parseSurge(text), undefined, text);
});

it('the default is 1.5, 2 and 3 times', () => {
  const levels = parseSurge(SETTINGS.GROUNDSWELL_SURGE.fallback) ?? [];
  assert.deepEqual(
    levels.map(({ percent }) => percent),
    [100, 150, 200, 300],
  );
});
