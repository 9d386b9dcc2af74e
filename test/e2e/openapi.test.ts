/** The document of the whole product, as a reader of /docs and a generator of clients meet it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SCOPES } from '../../src/core/scope.ts';
import { CRITICAL_CALLS, OPTIONAL_CALLS } from '../../src/http/call-priorities.ts';
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
  /** Each item is one way to be let in. Absent: anyone may call it. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

interface Document {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/**
 * What only a session may do, never an API key: what would let a leaked key take the account over or destroy it, make
 * or spare other keys, or act in an office. Everything else states the scope that a key needs.
 */
const KEYLESS = [
  'acceptOffer',
  'arriveRide',
  'blockTarget',
  // Who rides is a person, too.
  'cancelRide',
  'changeBlockedTarget',
  'completeRide',
  'createApiKey',
  'declineOffer',
  'deleteApiKey',
  'deleteCurrentSession',
  'deleteMe',
  'deleteOtherSessions',
  'deletePaymentMethod',
  'deleteReportedPost',
  'deleteSession',
  'disableLink',
  'enableLink',
  // Where people are.
  'getCityOperations',
  'getCurrentSession',
  'getDebts',
  // Who drives is a person with an app, not a program.
  'getDriver',
  'getEarningDays',
  'getEarnings',
  'getModeratedLink',
  'getPaymentMethod',
  'getReceipt',
  'getRide',
  'getRideRoute',
  'listApiKeys',
  'listAuditEntries',
  'listBlockedTargets',
  // Money is for people.
  'listCharges',
  'listCities',
  'listDriverRides',
  'listDriversOnMap',
  'listModeratedUsers',
  'listPayments',
  'listReports',
  'listRides',
  'listSessions',
  'listStreets',
  'listSurge',
  'listWaitingRequests',
  'payDebts',
  'putPaymentMethod',
  'quoteRide',
  'rateRide',
  'readReportedPost',
  'registerDriver',
  'renewRidePin',
  'requestRide',
  'resolveReport',
  'restoreUser',
  'setDriverState',
  'setUserRole',
  'startRide',
  'streamDriver',
  'suspendUser',
  'unblockTarget',
  'unwarnOfLink',
  // The password and the address that resets it are among what it changes.
  'updateMe',
  'warnOfLink',
];

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

  it('has every call that is worth more than others under load, or less', () => {
    const calls = new Set(operations.map(({ operationId }) => operationId));
    for (const call of [...CRITICAL_CALLS, ...OPTIONAL_CALLS]) assert.ok(calls.has(call), call);
  });

  it('says where a body may be left out', () => {
    const optional = operations.filter(({ requestBody }) => requestBody?.required === false);
    assert.deepEqual(optional.map(({ operationId }) => operationId).sort(), [
      'cancelRide',
      'deleteMe',
      'resolveReport',
    ]);
  });

  it('says that what a body names may not be there', () => {
    for (const name of ['createPost', 'createReport']) {
      const operation = operations.find(({ operationId }) => operationId === name);
      assert.ok(operation?.responses['404'], `${name} may answer 404`);
    }
  });

  it('names the scope that an API key needs for a call, of every call that is not for sessions alone', () => {
    const keyless = operations
      .filter(({ security = [] }) => security.length > 0)
      .filter(({ security = [] }) => security.every(({ api_key: scopes }) => scopes === undefined))
      .map(({ operationId }) => operationId)
      .sort();
    assert.deepEqual(
      keyless,
      KEYLESS,
      'give the route a `scope` (core/scope.ts), or add it here and say why',
    );
    const known = new Set<string>(SCOPES);
    const named = operations.flatMap(({ security = [] }) => security.flatMap(({ api_key = [] }) => api_key));
    assert.deepEqual(
      named.filter((scope) => !known.has(scope)),
      [],
    );
  });
});
