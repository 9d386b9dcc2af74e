import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  BROWSER,
  CAROL,
  createLinksSetting,
  LINKS_HOST,
  type LinksSetting,
  openLinksProcess,
  PREVIEWER,
} from '../../../../test/support/links-setting.ts';
import { userDeletedEvent, userStateEvent } from '../../../../test/support/user-events.ts';
import { systemClock } from '../../../core/clock.ts';
import { PASSWORDS_OF_ADDRESS, UNKNOWN_CODES } from './attempt-limits.ts';

const TARGET = 'https://example.org/a?b=c#d';
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148';
const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER };

describe('a redirect', () => {
  const time = { aheadMs: 0 };
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + time.aheadMs };
  let setting: LinksSetting;
  before(async () => {
    setting = await createLinksSetting({
      clock,
      countryOf: (address) => (address === '203.0.113.7' ? 'DE' : undefined),
      trustedProxies: ['127.0.0.1'],
    });
  });
  after(() => setting.close());

  /** The first time from the database, then from memory: the same, whichever it was. */
  async function openTwice(code: string, headers: Record<string, string> = {}) {
    const first = await setting.open(code, headers);
    const second = await setting.open(code, headers);
    assert.equal(second.status, first.status);
    assert.equal(second.headers.location, first.headers.location);
    return second;
  }

  it('leads to the target: 302, which nobody may remember', async () => {
    const { code } = await setting.create({ url: TARGET });
    const { status, headers, text } = await openTwice(code);
    assert.equal(status, 302);
    assert.equal(headers.location, TARGET);
    assert.equal(headers['cache-control'], 'private, no-store');
    assert.equal(headers['strict-transport-security'], 'max-age=31536000');
    assert.equal(text, '');
    const counted = await setting.metrics.render();
    assert.match(
      counted,
      /http_requests_total\{method="GET",route="\/l\/:code",status="302",priority="critical"\} 2/,
    );
  });

  it('may be remembered for 30 s where its owner chose a lasting one', async () => {
    for (const redirectType of [301, 307, 308]) {
      const { code } = await setting.create({ url: TARGET, redirect_type: redirectType });
      const { status, headers } = await openTwice(code);
      assert.equal(status, redirectType);
      assert.equal(
        headers['cache-control'],
        redirectType === 307 ? 'private, no-store' : 'private, max-age=30',
      );
    }
  });

  it('is opened by the code alone on the host of links, which has nothing else', async () => {
    const { code } = await setting.create({ url: TARGET });
    for (const host of [LINKS_HOST, LINKS_HOST.toUpperCase(), `${LINKS_HOST}.`]) {
      for (const target of [`/${code}?x=1`, `http://${host}/${code}?x=1`]) {
        const { status, headers } = await setting.send('GET', target, { host });
        assert.equal(status, 302, `${target} at ${host}`);
        assert.equal(headers.location, TARGET);
      }
    }
    for (const path of ['/api/v1/links', '/', '/docs', `/l/${code}`, '/openapi.json']) {
      assert.equal((await setting.send('GET', path, { host: LINKS_HOST })).status, 404, path);
    }
    assert.equal((await setting.send('GET', `/${code}`, { host: 'main.example' })).status, 404);
    for (const path of ['/', '/?x=1', '/a/b', '/sign-in', `/l/${code}`]) {
      const person = { host: LINKS_HOST, accept: 'text/html' };
      const { status, text } = await setting.send('GET', path, person);
      assert.equal(status, 404, path);
      assert.match(text, /No such link/, path);
    }
    const program = { host: LINKS_HOST, accept: 'application/json' };
    assert.equal(JSON.parse((await setting.send('GET', '/', program)).text).code, 'not_found');
  });

  it('is opened by a code with slashes, wherever it is opened', async () => {
    const { code, short_url: shortUrl } = await setting.create({ url: TARGET, alias: 'spring/berlin/a-1' });
    assert.equal(shortUrl, `https://${LINKS_HOST}/spring/berlin/a-1`);
    for (const path of [code, code.replaceAll('/', '%2F'), `${code}/`])
      assert.equal((await openTwice(path)).headers.location, TARGET, path);
    const there = await setting.send('GET', `/${code}?x=1`, { host: LINKS_HOST });
    assert.equal(there.headers.location, TARGET);
    assert.match((await setting.open(`${code}+`)).text, /example\.org/);
    for (const other of ['spring', 'spring/berlin', 'spring/berlin/', `/${code}`, 'spring//berlin/a-1'])
      assert.equal((await setting.open(other)).status, 404, other);
    const locked = await setting.create({ url: TARGET, alias: 'spring/locked', password: 'open sesame' });
    assert.match((await setting.open(locked.code)).text, /type="password"/);
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': BROWSER };
    const opened = await setting.send('POST', `/l/${locked.code}`, form, 'password=open+sesame');
    assert.deepEqual([opened.status, opened.headers.location], [303, TARGET]);
    // None that looks like it.
    const look = { url: TARGET, alias: 'SPRING/Berl1n/a_1' };
    assert.equal((await setting.call('POST', '/links', ALICE, look)).status, 409);
  });

  it('tells what never was from what is no more, in words and in JSON', async () => {
    const { code, link_id } = await setting.create({ url: TARGET });
    await setting.open(code);
    await setting.call('DELETE', `/links/${link_id}`, ALICE);
    for (const [path, status] of [
      [code, 410],
      ['nosuch1', 404],
      ['no-such-alias', 404],
      ['a.b', 404],
      ['x'.repeat(65), 404],
    ] as const) {
      const page = await setting.open(path);
      assert.equal(page.status, status, path);
      assert.match(page.headers['content-type'] ?? '', /^text\/html/);
      assert.match(page.text, /<html lang="en">[\s\S]*<h1>/);
      assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
      const json = await setting.open(path, { accept: 'application/json' });
      assert.equal(json.status, status);
      assert.equal(json.body.status, status);
    }
  });

  it('ends at the very moment that the link expires, also from memory', async () => {
    const expiresAt = clock.nowMs() + 60_000;
    const { code } = await setting.create({ url: TARGET, expires_at: new Date(expiresAt).toISOString() });
    assert.equal((await openTwice(code)).status, 302);
    time.aheadMs = 60_000;
    const { status, text } = await setting.open(code);
    time.aheadMs = 0;
    assert.equal(status, 410);
    assert.match(text, /expired/);
  });

  it('follows a change at once', async () => {
    const { code, link_id } = await setting.create({ url: TARGET });
    await openTwice(code);
    for (const url of ['https://example.org/2', 'https://example.org/3']) {
      await setting.call('PATCH', `/links/${link_id}`, ALICE, { url });
      assert.equal((await openTwice(code)).headers.location, url);
    }
  });

  it('passes the query on only where its owner wants it, and never beyond the query', async () => {
    const plain = await setting.create({ url: TARGET });
    assert.equal((await openTwice(`${plain.code}?url=https://evil.example`)).headers.location, TARGET);
    const passing = await setting.create({ url: TARGET, pass_query: true });
    for (const [query, location] of [
      ['', TARGET],
      ['?', TARGET],
      ['?x=1&y=2', 'https://example.org/a?b=c&x=1&y=2#d'],
      ['?//evil.example/', 'https://example.org/a?b=c&//evil.example/#d'],
      ['?x=%0d%0aset-cookie:a', 'https://example.org/a?b=c&x=%0d%0aset-cookie:a#d'],
      ['?x="<>', 'https://example.org/a?b=c&x=%22%3C%3E#d'],
    ] as const) {
      assert.equal((await openTwice(passing.code + query)).headers.location, location, query);
    }
  });

  it('carries the parameters of a campaign', async () => {
    const { code } = await setting.create({
      url: 'https://example.org/?utm_source=old&x=1',
      utm: { source: 'a b', medium: 'ü' },
    });
    const { headers } = await openTwice(code);
    assert.equal(headers.location, 'https://example.org/?utm_source=a+b&x=1&utm_medium=%C3%BC');
  });

  it('goes by the first rule that fits', async () => {
    const at = (name: string) => `https://example.org/${name}`;
    const { code } = await setting.create({
      url: at('default'),
      rules: [
        { url: at('ios-german'), devices: ['ios'], languages: ['de'] },
        { url: at('ios'), devices: ['ios'] },
        { url: at('portuguese'), languages: ['pt'] },
        { url: at('germany'), countries: ['DE'] },
        { url: at('past'), ends_at: '2020-01-01T00:00:00Z' },
        { url: at('future'), starts_at: '2099-01-01T00:00:00Z' },
      ],
    });
    const goes = async (headers: Record<string, string>) => (await openTwice(code, headers)).headers.location;
    assert.equal(await goes({}), at('default'));
    assert.equal(await goes({ 'user-agent': IPHONE }), at('ios'));
    assert.equal(
      await goes({ 'user-agent': IPHONE, 'accept-language': 'en;q=0.5, de-AT' }),
      at('ios-german'),
    );
    assert.equal(await goes({ 'accept-language': 'pt-BR,en' }), at('portuguese'));
    assert.equal(await goes({ 'accept-language': 'en,pt' }), at('default'));
    assert.equal(await goes({ 'x-forwarded-for': '198.51.100.1, 203.0.113.7' }), at('germany'));
    assert.equal(await goes({ 'x-forwarded-for': '203.0.113.7, 198.51.100.1' }), at('default'));
  });

  it('asks for the password, takes it in a form, and does not put it into the URL', async () => {
    const { code } = await setting.create({ url: TARGET, password: 'open sesame' });
    const asked = await openTwice(code);
    assert.equal(asked.status, 200);
    assert.match(asked.text, /<form method="post">[\s\S]*type="password"/);
    assert.ok(!asked.text.includes('example.org'));
    const policy = String(asked.headers['content-security-policy']);
    assert.match(policy, /form-action 'self' https: http:;/);
    assert.ok(!policy.includes('example.org'));
    const wrong = await setting.send('POST', `/l/${code}`, FORM, 'password=wrong');
    assert.equal(wrong.status, 403);
    assert.match(wrong.text, /role="alert"/);
    const right = await setting.send('POST', `/l/${code}`, FORM, 'password=open+sesame');
    assert.equal(right.status, 303);
    assert.equal(right.headers.location, TARGET);
    assert.equal((await setting.open(`${code}?password=open+sesame`)).status, 200);
    const onItsHost = await setting.send(
      'POST',
      `/${code}`,
      { ...FORM, host: LINKS_HOST },
      'password=open+sesame',
    );
    assert.equal(onItsHost.status, 303);
  });

  it('tells the target no password, also where its owner has just taken it off', async () => {
    const made = { url: TARGET, password: 'open sesame', redirect_type: 307 };
    const { code, link_id } = await setting.create(made);
    await setting.call('PATCH', `/links/${link_id}`, ALICE, { password: null });
    const { status, headers } = await setting.send('POST', `/l/${code}`, FORM, 'password=open+sesame');
    assert.equal(status, 303);
    assert.equal(headers.location, TARGET);
    // A form for the target itself.
    assert.equal((await setting.send('POST', `/l/${code}`, FORM, 'x=y')).status, 307);
  });

  it('takes forms of little more than a password, and no route takes any besides', async () => {
    const { code } = await setting.create({ url: TARGET, password: 'open sesame' });
    const large = await setting.send('POST', `/l/${code}`, FORM, `password=${'x'.repeat(2_100)}`);
    assert.equal(large.status, 413);
    const api = await setting.send(
      'POST',
      '/api/v1/links',
      { ...FORM, authorization: `Bearer ${ALICE}` },
      'url=x',
    );
    assert.equal(api.status, 415);
  });

  it('shows bots, previews and HEAD a card instead of what is limited or has a password, and counts no visit', async () => {
    const limited = await setting.create({ url: TARGET, max_visits: 1 });
    const secret = await setting.create({ url: TARGET, password: 'open sesame' });
    for (const { code } of [limited, secret]) {
      for (const headers of [
        { 'user-agent': PREVIEWER },
        { 'user-agent': '' },
        { 'sec-purpose': 'prefetch;prerender' },
        { purpose: 'prefetch' },
      ]) {
        const card = await setting.open(code, headers);
        assert.equal(card.status, 200);
        assert.match(card.text, /og:title/);
        assert.ok(!JSON.stringify(card).includes('example.org/a'));
      }
      const unnamed = await setting.send('GET', `/l/${code}`);
      assert.deepEqual([unnamed.status, unnamed.headers.location], [200, undefined]);
      const head = await setting.send('HEAD', `/l/${code}`, { 'user-agent': BROWSER });
      assert.equal(head.status, 200);
      assert.equal(head.headers.location, undefined);
    }
    assert.equal((await setting.open(limited.code)).status, 302);
    assert.equal((await setting.open(limited.code)).status, 410);
  });

  it('leads bots, previews and HEAD to what anyone may see', async () => {
    const { code } = await setting.create({ url: TARGET });
    assert.equal((await openTwice(code, { 'user-agent': PREVIEWER })).headers.location, TARGET);
    const head = await setting.send('HEAD', `/l/${code}`, {});
    assert.equal(head.status, 302);
    assert.equal(head.headers.location, TARGET);
  });

  it('tells of every opening by what kind it was, and of none that led nowhere', async () => {
    const plain = await setting.create({ url: TARGET });
    const limited = await setting.create({ url: TARGET, max_visits: 1 });
    setting.clicks.length = 0;
    await setting.open(plain.code, {
      referer: 'https://page.example/',
      'accept-language': 'de',
      'x-forwarded-for': '203.0.113.7',
    });
    await setting.send('HEAD', `/l/${plain.code}`);
    await setting.open(plain.code, { 'x-moz': 'prefetch' });
    await setting.open(limited.code, { 'user-agent': PREVIEWER });
    await setting.open(limited.code);
    await setting.open(limited.code);
    await setting.open(`${plain.code}+`);
    await setting.open('nosuch2');
    const [first] = setting.clicks;
    assert.deepEqual(
      { ...first, atMs: 0 },
      {
        ...{ linkId: Number(plain.link_id), atMs: 0, kind: 'visit', userAgent: BROWSER },
        ...{ referrer: 'https://page.example/', language: 'de', address: '203.0.113.7' },
      },
    );
    assert.deepEqual(
      setting.clicks.map(({ kind }) => kind),
      ['visit', 'head', 'preview', 'bot', 'visit'],
    );
  });

  it('tells nothing of who asks not to be followed but that they came', async () => {
    const plain = await setting.create({ url: TARGET });
    const limited = await setting.create({ url: TARGET, max_visits: 1 });
    const who = {
      referer: 'https://page.example/',
      'accept-language': 'de',
      'x-forwarded-for': '203.0.113.7',
    };
    setting.clicks.length = 0;
    assert.equal((await setting.open(plain.code, { ...who, 'sec-gpc': '1' })).status, 302);
    assert.equal((await setting.open(limited.code, { ...who, 'sec-gpc': '1' })).status, 302);
    const nothing = { userAgent: BROWSER, referrer: '', language: '', address: '' };
    assert.deepEqual(
      setting.clicks.map((click) => ({ ...click, atMs: 0 })),
      [plain, limited].map((link) => ({
        linkId: Number(link.link_id),
        atMs: 0,
        kind: 'private',
        ...nothing,
      })),
    );
    await setting.open(plain.code, { ...who, 'sec-gpc': '0' });
    assert.equal(setting.clicks.at(-1)?.kind, 'visit');
  });

  it('can be looked at before it is followed, but not round a limit or a password', async () => {
    const plain = await setting.create({
      url: 'https://bücher.example/"><script>',
      rules: [{ url: 'https://example.org/ios', devices: ['ios'] }],
    });
    const { status, text, headers } = await setting.open(`${plain.code}+`);
    assert.equal(status, 200);
    assert.match(text, /https:\/\/xn--bcher-kva\.example\//);
    assert.match(text, /bücher\.example/);
    assert.match(text, /https:\/\/example\.org\/ios/);
    assert.ok(!text.includes('<script>'));
    assert.equal(headers['x-robots-tag'], 'noindex');
    for (const guard of [{ max_visits: 1 }, { password: 'open sesame' }]) {
      const { code } = await setting.create({ url: TARGET, ...guard });
      const page = await setting.open(`${code}+`);
      assert.equal(page.status, 200);
      assert.ok(!page.text.includes('example.org'));
    }
    assert.equal((await setting.open('nosuch3+')).status, 404);
  });

  it('is turned off by a block of its target, whenever that comes, and on again', async () => {
    const { code } = await setting.create({ url: 'https://www.bad.example/login/now?x=1' });
    const byRule = await setting.create({
      url: TARGET,
      rules: [{ url: 'https://bad.example/', devices: ['ios'] }],
    });
    const other = await setting.create({ url: 'https://notbad.example/' });
    await openTwice(code);
    const block = await setting.call('POST', '/moderation/blocked-targets', CAROL, {
      target: 'https://BAD.example/',
      reason: 'Steals <passwords>.',
    });
    assert.equal(block.status, 201, block.text);
    assert.equal(block.body.target, 'bad.example');
    for (const each of [code, byRule.code]) {
      const { status, text } = await openTwice(each);
      assert.equal(status, 410);
      assert.match(text, /turned off[\s\S]*Steals &#60;passwords&#62;/);
    }
    assert.equal((await openTwice(other.code)).status, 302);
    const refused = await setting.call('POST', '/links', ALICE, { url: 'https://bad.example/x' });
    assert.equal(refused.status, 422);
    const { body } = await setting.call('GET', '/links?state=blocked', ALICE);
    assert.equal(body.items.length, 2);
    assert.equal(body.items[0].blocked_reason, 'Steals <passwords>.');
    // `other` is newer than both, and takes no place of a page.
    const page = async (token: string) =>
      (await setting.call('GET', `/links?state=blocked&limit=1${token}`, ALICE)).body;
    const first = await page('');
    const second = await page(`&page_token=${first.next_page_token}`);
    assert.deepEqual([...first.items, ...second.items], body.items);
    assert.equal(second.next_page_token, null);
    assert.equal(
      (
        await setting.call('POST', '/moderation/blocked-targets', CAROL, {
          target: 'bad.example',
          reason: 'x',
        })
      ).status,
      409,
    );
    assert.equal(
      (await setting.call('DELETE', `/moderation/blocked-targets/${block.body.block_id}`, CAROL)).status,
      204,
    );
    assert.equal((await openTwice(code)).status, 302);
  });

  it('of a blocked path is off below it, and not beside it', async () => {
    const below = await setting.create({ url: 'https://mixed.example/bad/page?x' });
    const evading = await setting.create({ url: 'https://mixed.example//%62ad;x=1/page' });
    const beside = await setting.create({ url: 'https://mixed.example/badly' });
    await setting.call('POST', '/moderation/blocked-targets', CAROL, {
      target: 'mixed.example/bad/',
      reason: 'Malware.',
    });
    assert.equal((await openTwice(below.code)).status, 410);
    assert.equal((await openTwice(evading.code)).status, 410);
    assert.equal((await openTwice(beside.code)).status, 302);
  });

  it('is blocked and unblocked by moderators alone', async () => {
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['POST', '', { target: 'x.example', reason: 'x' }],
      ['DELETE', '/1600000000000000', undefined],
    ] as const) {
      assert.equal(
        (await setting.call(method, `/moderation/blocked-targets${path}`, ALICE, body)).status,
        403,
      );
    }
    for (const [body, field] of [
      [{ target: 'http://', reason: 'x' }, 'target'],
      [{ target: '*.x.example', reason: 'x' }, 'target'],
      [{ target: 'x.example/?q', reason: 'x' }, 'target'],
      [{ target: 'x.example', reason: ' ' }, 'reason'],
      [{ target: 'x.example', reason: 'a\u0000b' }, 'reason'],
      [{ target: 'x.example', reason: 'a\nb' }, 'reason'],
    ] as const) {
      const answer = await setting.call('POST', '/moderation/blocked-targets', CAROL, body);
      assert.equal(answer.status, 422);
      assert.equal(answer.body.errors[0].field, field);
    }
    assert.equal(
      (await setting.call('DELETE', '/moderation/blocked-targets/1600000000000000', CAROL)).status,
      404,
    );
  });

  it('ends while its owner is suspended, and for good when they are deleted, in every process', async () => {
    const owner = ALICE + 32_000;
    const whole = { url: TARGET, alias: 'of-the-suspended', fallback_url: `${TARGET}/late` };
    const { code } = await setting.create(whole, owner);
    const other = await openLinksProcess(setting.database, 3);
    const consumer = await setting.eventLog.subscribe(setting.shortener.hiddenOwners.subscription);
    const bothAre = async (status: number): Promise<void> => {
      for (const process of [setting, other]) {
        const deadline = systemClock.monotonicMs() + 5_000;
        while ((await process.open(code)).status !== status) {
          assert.ok(systemClock.monotonicMs() < deadline, `it never became ${status}`);
          await systemClock.sleep(10);
        }
      }
    };
    try {
      await bothAre(302);
      await userStateEvent(setting, 'suspended', owner);
      await bothAre(410);
      await userStateEvent(setting, 'restored', owner);
      await bothAre(302);
      await userDeletedEvent(setting, owner);
      await bothAre(410);
      while (await setting.shortener.hiddenOwners.erase(1));
      await bothAre(410);
      assert.deepEqual((await setting.call('GET', '/links', owner)).body.items, []);
      const taken = await setting.call('POST', '/links', ALICE, { url: TARGET, alias: 'of-the-suspended' });
      assert.equal(taken.status, 409);
    } finally {
      await consumer.close();
      await other.close();
    }
  });
});

describe('500 visitors of a link that may be opened 100 times', () => {
  it('find the target exactly 100 times, whichever of two processes they come to', async () => {
    const setting = await createLinksSetting();
    const other = await openLinksProcess(setting.database, 2);
    try {
      const { code, link_id } = await setting.create({ url: TARGET, max_visits: 100 });
      const answers = await Promise.all(
        Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? setting : other).open(code)),
      );
      const count = (status: number) => answers.filter((answer) => answer.status === status).length;
      assert.equal(count(302), 100);
      assert.equal(count(410), 400);
      assert.ok(answers.every(({ status, headers }) => status !== 410 || headers.location === undefined));
      const { body } = await setting.call('GET', `/links/${link_id}`, ALICE);
      assert.equal(body.visits, 100);
      assert.equal(body.state, 'used_up');
      assert.equal(setting.clicks.length + other.clicks.length, 100);
      await setting.call('PATCH', `/links/${link_id}`, ALICE, { max_visits: 103 });
      const more = await Promise.all(Array.from({ length: 20 }, () => setting.open(code)));
      assert.equal(more.filter(({ status }) => status === 302).length, 3);
    } finally {
      await other.close();
      await setting.close();
    }
  });
});

describe('two processes', () => {
  it('see what the other changes within a second, and open what it has just made', async () => {
    const setting = await createLinksSetting();
    const other = await openLinksProcess(setting.database, 2);
    try {
      // Asked for before it is there: what is not there is not remembered.
      assert.equal((await other.open('fresh-one')).status, 404);
      const made = await setting.create({ url: TARGET, alias: 'fresh-one' });
      assert.equal((await other.open('fresh-one')).status, 302);
      // Of a block that this process has leased since the other one has looked.
      for (let count = 0; count < 20; count += 1) {
        const { code } = await setting.create({ url: TARGET });
        assert.equal((await other.open(code)).status, 302);
      }
      await other.open('fresh-one');
      await setting.call('PATCH', `/links/${made.link_id}`, ALICE, { url: 'https://example.org/new' });
      const deadline = systemClock.monotonicMs() + 1_000;
      while ((await other.open('fresh-one')).headers.location !== 'https://example.org/new') {
        assert.ok(systemClock.monotonicMs() < deadline, 'the change was not seen within a second');
      }
    } finally {
      await other.close();
      await setting.close();
    }
  });
});

describe('who tries too often', () => {
  it('is refused: codes that do not exist, and passwords', async () => {
    // The limits let more through as time passes.
    const frozen = { ...systemClock, nowMs: () => 1_800_000_000_000, monotonicMs: () => 1 };
    const setting = await createLinksSetting({ rateLimits: true, clock: frozen });
    try {
      const { code } = await setting.create({ url: TARGET });
      for (let count = 0; count < UNKNOWN_CODES.limit; count += 1) {
        assert.equal((await setting.open(`nosuch-${count}`)).status, 404);
      }
      assert.equal((await setting.open('nosuch-last')).status, 429);
      const page = await setting.open('nosuch-last', { accept: 'text/html,*/*;q=0.8' });
      assert.equal(page.status, 429);
      assert.match(page.text, /<h1>Too many attempts<\/h1>/);
      assert.match(String(page.headers['retry-after']), /^\d+$/);
      // What is not in memory is not even looked for, for the address that tries.
      assert.equal((await setting.open(code)).status, 429);
      const secret = await setting.create({ url: TARGET, password: 'open sesame' });
      await setting.shortener.cache.load(0, secret.code);
      for (let count = 0; count < PASSWORDS_OF_ADDRESS.limit; count += 1) {
        assert.equal((await setting.send('POST', `/l/${secret.code}`, FORM, 'password=wrong')).status, 403);
      }
      assert.equal(
        (await setting.send('POST', `/l/${secret.code}`, FORM, 'password=open+sesame')).status,
        429,
      );
    } finally {
      await setting.close();
    }
  });

  it('is known by the network of an IPv6 address, of which everyone has as many as they like', async () => {
    const frozen = { ...systemClock, nowMs: () => 1_800_000_000_000, monotonicMs: () => 1 };
    const setting = await createLinksSetting({
      ...{ rateLimits: true, clock: frozen, trustedProxies: ['127.0.0.1'] },
    });
    const from = (count: number) => ({ 'x-forwarded-for': `2001:db8:1:2::${(count + 1).toString(16)}` });
    const elsewhere = { 'x-forwarded-for': '2001:db8:1:3::1' };
    try {
      for (let count = 0; count < UNKNOWN_CODES.limit; count += 1) {
        assert.equal((await setting.open(`nosuch-${count}`, from(count))).status, 404);
      }
      assert.equal((await setting.open('nosuch-last', from(1_000))).status, 429);
      assert.equal((await setting.open('nosuch-last', from(1_001))).status, 429);
      assert.equal((await setting.open('nosuch-last', elsewhere)).status, 404);
      const { code } = await setting.create({ url: TARGET, password: 'open sesame' });
      await setting.shortener.cache.load(0, code);
      const send = (headers: Record<string, string>) =>
        setting.send('POST', `/l/${code}`, { ...FORM, ...headers }, 'password=wrong');
      for (let count = 0; count < PASSWORDS_OF_ADDRESS.limit; count += 1) {
        assert.equal((await send(from(count))).status, 403);
      }
      assert.equal((await send(from(2_000))).status, 429);
      assert.equal((await send(elsewhere)).status, 403);
    } finally {
      await setting.close();
    }
  });
});
