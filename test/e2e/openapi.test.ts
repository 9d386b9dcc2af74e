/** The document of the whole product, as a reader of /docs and a generator of clients meet it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createServerHome } from '../support/server-process.ts';

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly description?: string;
}

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean };
  readonly responses: Readonly<Record<string, object>>;
}

interface Document {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

describe('the OpenAPI document of the product', () => {
  let home: Awaited<ReturnType<typeof createServerHome>>;
  let operations: readonly Operation[];
  let document: Document;
  before(async () => {
    home = await createServerHome();
    const { url } = await home.start();
    // Its shape is what the tests are about.
    document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
    operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  });
  after(() => home.close());

  it('has a summary, a tag with a description and a name of its own for every operation', () => {
    const names = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(names).size, operations.length);
    const tags = new Set(document.tags.map(({ name }) => name));
    for (const { operationId, summary, tags: own = [] } of operations) {
      assert.match(String(operationId), /^[a-z][A-Za-z]+$/);
      assert.ok(summary, `${operationId} has no summary`);
      assert.ok(own.length === 1 && tags.has(String(own[0])), `${operationId} has no tag with a description`);
    }
  });

  it('describes every parameter', () => {
    for (const { operationId, parameters = [] } of operations) {
      for (const { $ref, name, description } of parameters) {
        assert.ok($ref ?? description, `${operationId} does not describe ${name}`);
      }
    }
  });

  it('says where a body may be left out', () => {
    const optional = operations.filter(({ requestBody }) => requestBody?.required === false);
    assert.deepEqual(optional.map(({ operationId }) => operationId).sort(), ['deleteMe', 'resolveReport']);
  });

  it('says that what a body names may not be there', () => {
    for (const name of ['createPost', 'createReport']) {
      const operation = operations.find(({ operationId }) => operationId === name);
      assert.ok(operation?.responses['404'], `${name} may answer 404`);
    }
  });
});
