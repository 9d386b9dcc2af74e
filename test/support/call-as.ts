/** Calls of routes without a network, by a user whose token is their id. */
import type { Id } from '../../src/core/ids.ts';
import type { App } from '../../src/http/server.ts';

/** What came back, parsed. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into whatever came back
  readonly body: any;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type CallAs = (
  method: Method,
  url: string,
  userId: Id | undefined,
  payload?: object,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

export function createCallAs(app: App): CallAs {
  return async (method, url, userId, payload, headers = {}) => {
    const authorization = userId === undefined ? {} : { authorization: `Bearer ${userId}` };
    const answer = await app.inject({
      method,
      url,
      headers: { ...authorization, ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
    const text = answer.body;
    return {
      status: answer.statusCode,
      body: text === '' ? undefined : JSON.parse(text),
      text,
      headers: answer.headers,
    };
  };
}
