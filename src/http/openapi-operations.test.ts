import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Type } from 'typebox';
import { serverOptions } from '../../test/support/server-options.ts';
import { createServer } from './server.ts';
import { UserIdParams } from './user-schema.ts';

async function openApp() {
  const app = await createServer(serverOptions());
  const note = Type.Object({ note: Type.Optional(Type.String()) });
  app.get(
    '/things/:user_id',
    { config: { access: 'public' }, schema: { operationId: 'getThing', params: UserIdParams } },
    () => 'ok',
  );
  app.delete(
    '/things/:user_id',
    {
      config: { access: 'user' },
      schema: {
        operationId: 'deleteThing',
        params: UserIdParams,
        body: Type.Union([note, Type.Null()]),
        response: { 204: Type.Null() },
      },
    },
    () => undefined,
  );
  app.post(
    '/things',
    {
      config: { access: 'public', idempotent: false, problems: [401] },
      schema: { operationId: 'createThing', body: note },
    },
    () => 'ok',
  );
  await app.ready();
  return app;
}

async function documentOf() {
  return (await (await openApp()).inject({ url: '/openapi.json' })).json();
}

describe('what the document says of an operation', () => {
  it('lists the problems that it may answer, and no others', async () => {
    const { paths } = await documentOf();
    const statuses = (operation: { responses: object }): string[] => Object.keys(operation.responses).sort();
    const thing = paths['/things/{user_id}'];
    assert.deepEqual(statuses(thing.get), ['200', '400', '404', '414', '422', '429', '431', '5XX']);
    assert.deepEqual(statuses(thing.delete), [
      ...['204', '400', '401', '403', '404', '409', '413', '414', '415', '422', '429', '431', '5XX'],
    ]);
    assert.deepEqual(statuses(paths['/things'].post), [
      ...['200', '400', '401', '413', '415', '422', '429', '431', '5XX'],
    ]);
  });

  it('refers to problems and parameters that are there', async () => {
    const document = await documentOf();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path,
    );
    assert.ok(references.length > 0);
    for (const path of references) {
      const found = path?.split('/').reduce((part, name) => part?.[name], document);
      assert.ok(found !== undefined, `${path} is not in the document`);
    }
  });

  it('requires a body exactly where the server does', async () => {
    const app = await openApp();
    const { paths } = (await app.inject({ url: '/openapi.json' })).json();
    assert.equal(paths['/things/{user_id}'].delete.requestBody.required, false);
    assert.equal(paths['/things'].post.requestBody.required, true);
    assert.equal((await app.inject({ method: 'POST', url: '/things' })).statusCode, 422);
  });

  it('offers an Idempotency-Key for every write that takes one', async () => {
    const { paths } = await documentOf();
    const key = { $ref: '#/components/parameters/IdempotencyKey' };
    assert.ok(
      paths['/things/{user_id}'].delete.parameters.some((parameter: object) => deepEqual(parameter, key)),
    );
    assert.ok(
      !paths['/things/{user_id}'].get.parameters.some((parameter: object) => deepEqual(parameter, key)),
    );
    assert.equal(paths['/things'].post.parameters, undefined);
  });
});

function deepEqual(left: object, right: object): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

describe('a request that no route takes', () => {
  it('is told so whatever its method and body are', async () => {
    const app = await openApp();
    const wrong = { headers: { 'content-type': 'text/plain' }, payload: '{' } as const;
    // QUERY without a Content-Type is refused by the framework before it looks for a handler.
    for (const request of [{ method: 'QUERY' as 'GET' }, { method: 'PUT', ...wrong } as const]) {
      const answer = await app.inject({ url: '/things', ...request });
      assert.equal(answer.statusCode, 405);
      assert.equal(answer.headers['allow'], 'POST');
      assert.equal(answer.json().title, 'Method not allowed');
      const nowhere = await app.inject({ url: '/nothing', ...request });
      assert.equal(nowhere.statusCode, 404);
    }
  });

  it('is told when a part of its path is too long, in words of ours', async () => {
    const answer = await (await openApp()).inject({ url: `/things/${'x'.repeat(257)}` });
    assert.equal(answer.statusCode, 414);
    assert.equal(answer.json().title, 'Address too long');
    assert.doesNotMatch(answer.json().detail, /xxx/);
  });
});
