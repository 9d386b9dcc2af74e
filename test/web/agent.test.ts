import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentText } from '../../web/src/pages/settings/agent.ts';

const MOZILLA = 'Mozilla/5.0';
const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('the program of a session', () => {
  it('is named as people know it', () => {
    for (const [agent, text] of [
      [`${MOZILLA} (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0`, 'Firefox on Linux'],
      [`${MOZILLA} (Windows NT 10.0; Win64) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`, 'Chrome on Windows'],
      [`${MOZILLA} (Windows NT 10.0) ${WEBKIT} Chrome/126.0 Safari/537.36 Edg/126.0`, 'Edge on Windows'],
      [`${MOZILLA} (Linux; Android 14) ${WEBKIT} Chrome/126.0 Mobile Safari/537.36`, 'Chrome on Android'],
      [
        `${MOZILLA} (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1`,
        'Safari on an iPhone',
      ],
      ['curl/8.5.0', 'curl/8.5.0'],
      ['my-shop (alice@example.org)', 'my-shop'],
      [null, 'An unknown program'],
      ['', 'An unknown program'],
    ] as const) {
      assert.equal(agentText(agent), text);
    }
  });
});
