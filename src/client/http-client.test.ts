import { deepEqual, equal, rejects } from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { createHttpClient, formatRequest, type HttpClient } from './http-client.ts';
import { HttpConnectionError } from './http-connection.ts';

const opened: { close(): unknown }[] = [];
afterEach(() => {
  for (const resource of opened.splice(0)) resource.close();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(server);
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
}

function clientOf(url: string, connectionsMax = 2, timeoutMs = 5000): HttpClient {
  const client = createHttpClient({ url, connectionsMax, timeoutMs });
  opened.push(client);
  return client;
}

async function serveHttp(listener: RequestListener): Promise<string> {
  return listen(createServer(listener));
}

const GET = { method: 'GET', path: '/' } as const;

describe('createHttpClient', () => {
  it('sends method, path, token, key and body, and reads the answer', async () => {
    const url = await serveHttp(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { authorization, 'idempotency-key': key, 'content-type': type } = request.headers;
      const seen = [request.method, request.url, authorization, key, type, Buffer.concat(chunks).toString()];
      response.writeHead(201).end(JSON.stringify(seen));
    });
    const body = '{"text":"Grüße 🌊"}';
    const request = {
      method: 'POST',
      path: '/posts?x=1',
      token: 'secret',
      idempotencyKey: 'k1',
      body,
    } as const;
    const response = await clientOf(url).send(request);
    equal(response.status, 201);
    const seen: unknown = JSON.parse(response.body.toString());
    deepEqual(seen, ['POST', '/posts?x=1', 'Bearer secret', 'k1', 'application/json', body]);
  });

  it('reads large, chunked and empty bodies one after the other on one connection', async () => {
    let connections = 0;
    const server = createServer((request, response) => {
      if (request.url === '/empty') return response.writeHead(204).end();
      if (request.url === '/length') return response.end('x'.repeat(1_000_000));
      for (let part = 0; part < 50; part += 1) response.write('y'.repeat(10_000));
      return response.end();
    });
    server.on('connection', () => (connections += 1));
    const client = clientOf(await listen(server), 1);
    const lengths = [];
    for (const path of ['/length', '/empty', '/chunked', '/length']) {
      lengths.push((await client.send({ method: 'GET', path })).body.length);
    }
    deepEqual(lengths, [1_000_000, 0, 500_000, 1_000_000]);
    equal(connections, 1);
  });

  it('never has more connections than allowed, and serves everyone who waits', async () => {
    let active = 0;
    let activeMax = 0;
    const url = await serveHttp((_request, response) => {
      active += 1;
      activeMax = Math.max(activeMax, active);
      setTimeout(() => {
        active -= 1;
        response.end('ok');
      }, 2);
    });
    const client = clientOf(url, 3);
    const answers = await Promise.all(Array.from({ length: 40 }, () => client.send(GET)));
    equal(answers.filter(({ status }) => status === 200).length, 40);
    equal(activeMax, 3);
  });

  it('opens a new connection after the server closed one', async () => {
    const url = await serveHttp((_request, response) => response.setHeader('Connection', 'close').end('ok'));
    const client = clientOf(url, 1);
    for (let request = 0; request < 5; request += 1) equal((await client.send(GET)).body.toString(), 'ok');
  });

  it('tells a refused connection, where nothing was sent, from one cut after sending', async () => {
    const cutting = createTcpServer((socket) => socket.on('data', () => socket.destroy()));
    const client = clientOf(await listen(cutting));
    await rejects(client.send(GET), (error) => error instanceof HttpConnectionError && error.sent);
    cutting.close();
    await rejects(
      client.send(GET),
      (error) => error instanceof HttpConnectionError && !error.sent && error.code === 'ECONNREFUSED',
    );
  });

  it('gives up on a silent server after the time-out, and can be used again', async () => {
    let answers = false;
    const url = await serveHttp((_request, response) => {
      if (answers) response.end('ok');
    });
    const client = clientOf(url, 1, 50);
    await rejects(
      client.send(GET),
      (error) => error instanceof HttpConnectionError && error.code === 'timeout',
    );
    answers = true;
    equal((await client.send(GET)).status, 200);
  });

  it('fails what is outstanding and what waits when it is closed', async () => {
    const client = clientOf(await serveHttp(() => undefined), 1);
    const both = [client.send(GET), client.send(GET)];
    const outcomes = Promise.allSettled(both);
    await new Promise((resolve) => setImmediate(resolve));
    client.close();
    deepEqual(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  });

  it('brackets an IPv6 address in the Host field', () => {
    const text = formatRequest({ host: '::1', port: 80 }, GET);
    equal(text, 'GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n');
  });
});
