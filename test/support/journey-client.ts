/** People who use the product over HTTP, as a program or a page does. */
import assert from 'node:assert/strict';
import { API } from '../../src/client/api-client.ts';

/** An answer as JSON has it; what a test reads of it is what the test is about. */
// biome-ignore lint/suspicious/noExplicitAny: a wrong shape fails the test that reads it
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export interface Call {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Person {
  readonly userId: string;
  readonly username: string;
  readonly password: string;
  readonly token: string;
  /** Signed in as this person. `path` is below the API's prefix. */
  call(method: string, path: string, call?: Call): Promise<Answer>;
  /** The body of a call that must succeed. */
  get(path: string): Promise<Json>;
  put(path: string, call?: Call): Promise<Json>;
  post(path: string, call?: Call): Promise<Json>;
}

export const PASSWORD = 'correct horse battery';

export function createJourneyClient(url: () => string) {
  let people = 0;

  async function call(method: string, path: string, { body, headers }: Call = {}): Promise<Answer> {
    const response = await fetch(`${url()}${API}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  function personOf(userId: string, username: string, token: string): Person {
    const authorization = `Bearer ${token}`;
    const callAs = (method: string, path: string, { headers, ...rest }: Call = {}) =>
      call(method, path, { ...rest, headers: { authorization, ...headers } });
    const succeed = async (method: string, path: string, options?: Call): Promise<Json> => {
      const answer = await callAs(method, path, options);
      assert(
        answer.status < 300,
        `${method} ${path} was answered ${answer.status} ${JSON.stringify(answer.body)}`,
      );
      return answer.body;
    };
    return {
      userId,
      username,
      password: PASSWORD,
      token,
      call: callAs,
      get: (path) => succeed('GET', path),
      put: (path, options) => succeed('PUT', path, options),
      post: (path, options) => succeed('POST', path, options),
    };
  }

  return {
    /** Without signing in. */
    call,

    /** A new person, whose username begins with `name`. */
    async signUp(name: string, fields: object = {}): Promise<Person> {
      people += 1;
      const username = `${name}_${people}`;
      const answer = await call('POST', '/users', { body: { username, password: PASSWORD, ...fields } });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return personOf(answer.body.user.user_id, username, answer.body.access_token);
    },

    signIn: (username: string, password: string): Promise<Answer> =>
      call('POST', '/sessions', { body: { username, password } }),
  };
}

export type JourneyClient = ReturnType<typeof createJourneyClient>;
