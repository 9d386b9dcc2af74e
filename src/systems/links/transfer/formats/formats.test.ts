/** What other shorteners write, in the shapes in which they write it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../../../core/errors.ts';
import { createLinkBodies } from '../../link-bodies-routes.ts';
import { type ImportFormat, openImport } from '../import-formats.ts';
import { UNENDED_LENGTH_MAX } from '../row.ts';
import { codeIn } from './source-link.ts';

async function read(format: ImportFormat, ...texts: readonly string[]): Promise<unknown[]> {
  async function* pieces() {
    yield* texts;
  }
  const { rows, read: readLink } = openImport(format, pieces(), createLinkBodies().draftOf);
  const found: unknown[] = [];
  for await (const row of rows) {
    try {
      if ('problem' in row) throw row.problem;
      // Without what is absent.
      found.push(JSON.parse(JSON.stringify(readLink(row.record))));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      found.push(error.message);
    }
  }
  return found;
}

describe('Bitly', () => {
  it('is read from the answer of its API', async () => {
    const answer = {
      links: [
        {
          created_at: '2019-10-01T09:20:10+0000',
          id: 'bit.ly/2AbCdEf',
          link: 'https://bit.ly/2AbCdEf',
          custom_bitlinks: ['https://bit.ly/spring-sale'],
          long_url: 'https://example.org/spring',
          title: 'Spring',
          archived: false,
          tags: ['sale', 'poster'],
        },
        { id: 'bit.ly/3xYz', link: 'https://bit.ly/3xYz', long_url: 'https://example.org/', tags: [] },
      ],
      pagination: { prev: '', next: '', size: 50, page: 1, total: 2 },
    };
    assert.deepEqual(await read('bitly', JSON.stringify(answer)), [
      {
        url: 'https://example.org/spring',
        code: 'spring-sale',
        title: 'Spring',
        tags: ['sale', 'poster'],
        createdAt: '2019-10-01T09:20:10.000Z',
        notes: ['It was also opened as https://bit.ly/2AbCdEf.'],
      },
      { url: 'https://example.org/', code: '3xYz', tags: [], notes: [] },
    ]);
  });

  it('is read from its tables, whatever it calls the columns', async () => {
    const expected = [
      {
        url: 'https://example.org/spring',
        code: '2AbCdEf',
        title: 'Spring, again',
        tags: ['a', 'b'],
        createdAt: '2019-10-01T00:00:00.000Z',
        clicks: 1234,
        notes: [],
      },
    ];
    const columns = [
      'title,link,long_url,created_at,tags,clicks',
      'Title,Short Link,Long URL,Created,Tags,Total Clicks',
      'Link Title,Bitlink,Destination URL,Date Created,Tags,Engagements',
    ];
    for (const names of columns) {
      const table = `\n"Spring, again",bit.ly/2AbCdEf,https://example.org/spring,2019-10-01,"a, b","1,234"\n`;
      assert.deepEqual(await read('bitly', names + table), expected, names);
    }
  });
});

describe('YOURLS', () => {
  const link = {
    url: 'https://example.org/',
    code: 'ozh',
    title: "Ozh' blog",
    createdAt: '2010-03-11T16:20:05.000Z',
    clicks: 7,
  };

  it('is read from the answer of its API', async () => {
    const answer = {
      links: {
        link_1: {
          shorturl: 'http://sho.rt/ozh',
          url: 'https://example.org/',
          title: "Ozh' blog",
          timestamp: '2010-03-11 16:20:05',
          ip: '127.0.0.1',
          clicks: '7',
        },
      },
      stats: { total_links: '1', total_clicks: '7' },
      statusCode: 200,
      message: 'success',
    };
    assert.deepEqual(await read('yourls', JSON.stringify(answer)), [link]);
  });

  it('is read from its table, and from that of the export plugin', async () => {
    const table = `keyword,url,title,timestamp,ip,clicks\nozh,https://example.org/,"Ozh' blog","2010-03-11 16:20:05",127.0.0.1,7\n`;
    assert.deepEqual(await read('yourls', table), [link]);
    assert.deepEqual(await read('yourls', 'source,target,hits\r\n/ozh/,https://example.org/,7\r\n'), [
      { url: 'https://example.org/', code: 'ozh', clicks: 7 },
    ]);
  });

  it('is read from a dump, of which all else is passed over', async () => {
    const dump = `-- MySQL dump 10.19
/*!40101 SET NAMES utf8mb4 */;
CREATE TABLE \`yourls_url\` (\`keyword\` varchar(100) NOT NULL, \`url\` text);
INSERT INTO \`yourls_log\` VALUES (1,'2010-03-11 16:20:05','ozh','a) INSERT INTO \`yourls_url\` VALUES (\\'x\\',\\'y\\');','','','US'),(2,'','','','','','');
INSERT INTO \`yourls_url\` (\`keyword\`, \`url\`, \`title\`, \`timestamp\`, \`ip\`, \`clicks\`) VALUES
('ozh','https://example.org/','Ozh\\' blog','2010-03-11 16:20:05','127.0.0.1',7),
('two','https://example.org/?a=(1);2','it''s; (fine)',NULL,'',0);
INSERT INTO \`yourls_options\` VALUES ('version','1.10');
INSERT INTO yourls_url VALUES ('three','https://example.org/3','\\\\','2010-03-11 16:20:05','::1',1);
`;
    const expected = [
      link,
      { url: 'https://example.org/?a=(1);2', code: 'two', title: "it's; (fine)", clicks: 0 },
      { ...link, url: 'https://example.org/3', code: 'three', title: '\\', clicks: 1 },
    ];
    assert.deepEqual(await read('yourls', dump), expected);
    for (const size of [1, 7, 100]) {
      const pieces = dump.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
      assert.deepEqual(await read('yourls', ...pieces), expected, `in pieces of ${size}`);
    }
    const rows = Array.from(
      { length: 2_000 },
      (_, number) => `('k${number}','https://example.org/${number}','','','',1)`,
    );
    const long = `INSERT INTO yourls_url VALUES ${rows.join(',')};`.match(/[\s\S]{1,777}/g) ?? [];
    const codes = (await read('yourls', ...long)).map((each) => (each as { code: string }).code);
    assert.deepEqual(
      codes,
      rows.map((_, number) => `k${number}`),
    );
  });

  it('is not read for ever from a dump that is none', async () => {
    const hostile = [
      'INSERT INTO a (',
      "INSERT INTO yourls_url VALUES ('",
      "INSERT INTO yourls_url VALUES (''''''''",
      'INSERT INTO yourls_url VALUES ((((',
      "INSERT INTO yourls_url VALUES ('a','b'),",
      `INSERT INTO yourls_url VALUES (${' '.repeat(60_000)}`,
      `INSERT INTO yourls_url VALUES (1${' '.repeat(60_000)}2'x'),`,
      `INSERT${' '.repeat(60_000)}`,
    ];
    for (const text of hostile) {
      const startedMs = performance.now();
      const chunk = text.repeat(Math.ceil(65_536 / text.length));
      const chunks = Array.from({ length: 2 + UNENDED_LENGTH_MAX / 65_536 }, () => chunk);
      await read('yourls', '-- dump\n', ...chunks).catch((error) => assert.ok(error instanceof AppError));
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < 15_000, `${tookMs} ms for ${text.slice(0, 40)}`);
    }
  });
});

describe('Kutt', () => {
  it('is read from the answer of its API, but for what would be open to everyone here', async () => {
    const link = {
      id: 'b1c2',
      address: 'kTt',
      banned: false,
      created_at: '2024-05-01T10:00:00.000Z',
      updated_at: '2024-05-01T10:00:00.000Z',
      description: 'Docs',
      domain: null,
      expire_in: '2030-01-01T00:00:00.000Z',
      link: 'https://kutt.to/kTt',
      password: false,
      target: 'https://example.org/docs',
      visit_count: 12,
    };
    const answer = {
      limit: 10,
      skip: 0,
      total: 3,
      data: [link, { ...link, password: true }, { ...link, banned: true }],
    };
    assert.deepEqual(await read('kutt', JSON.stringify(answer)), [
      {
        url: 'https://example.org/docs',
        code: 'kTt',
        title: 'Docs',
        createdAt: '2024-05-01T10:00:00.000Z',
        expiresAt: '2030-01-01T00:00:00.000Z',
        clicks: 12,
      },
      'It has a password, which Kutt does not tell. Make it anew.',
      'It was banned there.',
    ]);
    const table = `address,target,password,banned\nabc,https://example.org/,,f\nabd,https://example.org/,$2a$12$x,0\n`;
    assert.deepEqual(await read('kutt', table), [
      { url: 'https://example.org/', code: 'abc' },
      'It has a password, which Kutt does not tell. Make it anew.',
    ]);
  });
});

describe('Shlink', () => {
  const shortUrl = {
    shortCode: '12C18',
    shortUrl: 'https://s.test/12C18',
    longUrl: 'https://example.org/long',
    dateCreated: '2021-08-21T20:34:16+02:00',
    visitsSummary: { total: 40, nonBots: 30, bots: 10 },
    tags: ['games', 'tech'],
    meta: {
      validSince: '2020-01-01T00:00:00+00:00',
      validUntil: '2030-01-01T00:00:00+00:00',
      maxVisits: 100,
    },
    domain: null,
    title: 'Long',
    crawlable: false,
    forwardQuery: true,
    hasRedirectRules: true,
  };

  it('is read from the answer of its API', async () => {
    const used = { ...shortUrl, meta: { maxVisits: 40 } };
    const answer = { shortUrls: { data: [shortUrl, used], pagination: { currentPage: 1 } } };
    const [link, ...refused] = await read('shlink', JSON.stringify(answer));
    assert.deepEqual(link, {
      url: 'https://example.org/long',
      code: '12C18',
      title: 'Long',
      tags: ['games', 'tech'],
      createdAt: '2021-08-21T18:34:16.000Z',
      startsAt: '2020-01-01T00:00:00.000Z',
      expiresAt: '2030-01-01T00:00:00.000Z',
      maxVisits: 60,
      passQuery: true,
      clicks: 40,
      notes: ['Its redirect rules are not in such a list.'],
    });
    assert.match(String(refused[0]), /used up/);
  });

  it('is read from the table of its web client', async () => {
    const table =
      'createdAt,domain,shortCode,shortUrl,longUrl,title,tags,visits\n2021-08-21T20:34:16+02:00,,12C18,https://s.test/12C18,https://example.org/long,Long,games|tech,40\n';
    assert.deepEqual(await read('shlink', table), [
      {
        url: 'https://example.org/long',
        code: '12C18',
        title: 'Long',
        tags: ['games', 'tech'],
        createdAt: '2021-08-21T18:34:16.000Z',
        clicks: 40,
        notes: [],
      },
    ]);
  });
});

describe('a table of any shortener', () => {
  it('is read by the names that are common for its columns', async () => {
    const table = 'Short code,Long URL,Title,Tags\nabc,https://example.org/,A title,one|two\n';
    assert.deepEqual(await read('csv', table), [
      { url: 'https://example.org/', code: 'abc', title: 'A title', tags: ['one', 'two'] },
    ]);
    assert.deepEqual(await read('csv', '{"alias":"abc","url":"https://example.org/","max_visits":5}\n'), [
      { url: 'https://example.org/', code: 'abc', maxVisits: 5 },
    ]);
    assert.deepEqual(await read('csv', 'title,url\nno target,\n'), ['url: is missing.']);
    assert.match(String((await read('csv', 'url,has_password\nhttps://a.test/,true\n'))[0]), /password/);
  });
});

describe('a table of something else', () => {
  const refused = (format: ImportFormat, text: string, message: RegExp) =>
    assert.rejects(read(format, text), (error) => {
      assert.ok(error instanceof AppError && error.code === 'invalid');
      assert.match(error.message, message);
      return true;
    });

  it('is refused before its first row, with the columns that it has and those of which one is needed', async () => {
    const names = {
      bitly: 'long_url, destination, destination_url, original_url or url',
      kutt: 'target',
      shlink: 'longurl',
      yourls: 'url or target',
      csv: 'url, long_url, longurl, target, destination or destination_url',
    } as const;
    for (const [format, targets] of Object.entries(names)) {
      const text = 'Name;First, last;Günther\nsomebody;;x\n';
      const expected = `called ${targets}. Its first line names "Name", "First, last", "Günther".`;
      // The keys are those of the formats.
      await refused(format as ImportFormat, text, new RegExp(expected));
    }
    // A table without a line for its columns.
    await refused('csv', 'https://example.org/,abc\n', /names "https:\/\/example.org\/", "abc"\.$/);
  });

  it('is not told of as a whole', async () => {
    const columns = Array.from({ length: 21 }, (_, index) => `${'x'.repeat(60)}${index}`);
    await refused('csv', columns.slice(1).join(), /"x{40}"\.$/);
    await refused('csv', columns.join(), /"x{40}" and 1 more\.$/);
  });

  it('is refused where it is empty, or has no links where that format has them', async () => {
    const formats = ['bitly', 'kutt', 'shlink', 'yourls', 'csv'] as const;
    for (const format of formats)
      for (const text of ['', ' \r\n\n']) await refused(format, text, /^body: is empty\.$/);
    await refused('bitly', '{"data":[{"target":"https://example.org/"}]}', /no links in it/);
    await refused('kutt', '[]', /no links in it/);
    await refused('yourls', "INSERT INTO users VALUES (1,'alice');", /no links in it/);
    // Nobody's links are what there is.
    assert.deepEqual(await read('csv', 'code,url,title\n'), []);
  });
});

describe('the code of a short URL', () => {
  it('is what it ends with', () => {
    for (const url of ['https://bit.ly/abc', 'bit.ly/abc', '/abc/', 'abc', 'https://a.test/s/abc?x=1#y']) {
      assert.equal(codeIn(url), 'abc', url);
    }
    assert.equal(codeIn(undefined), undefined);
    assert.equal(codeIn('/'), undefined);
    const startedMs = performance.now();
    assert.equal(codeIn(`${'/'.repeat(65_000)}x`), 'x');
    assert.ok(performance.now() - startedMs < 5_000);
  });
});
