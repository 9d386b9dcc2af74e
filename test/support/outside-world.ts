/** What lies outside of the product, on this machine: a name server, and the web servers of hosts that people claim. */
import { systemClock } from '../../src/core/clock.ts';
import { createNodeOutboundHttp } from '../../src/ports/outbound-http/node-outbound-http.ts';
import type { OutboundHttp } from '../../src/ports/outbound-http/outbound-http.ts';
import { createNodeTextRecords } from '../../src/ports/text-records/node-text-records.ts';
import type { TextRecords } from '../../src/ports/text-records/text-records.ts';
import { startNameServer, type TestNameServer } from './name-server.ts';
import { startTargetServer, type TargetServer } from './target-server.ts';

export interface OutsideWorldPorts {
  readonly textRecords: TextRecords;
  readonly outboundHttp: OutboundHttp;
}

export interface OutsideWorld extends OutsideWorldPorts {
  readonly names: TestNameServer;
  readonly web: TargetServer;
  /** From now on the host answers so to every request by http. */
  serve(
    host: string,
    answer: {
      readonly status: number;
      readonly text: string | Buffer;
      readonly location?: string;
      readonly type?: string;
    },
  ): void;
  close(): Promise<void>;
}

/** Nothing can be asked for: the port of the name server is that of nobody. */
export function noOutsideWorld(): OutsideWorldPorts {
  return {
    textRecords: createNodeTextRecords({ servers: ['127.0.0.1:9'] }),
    outboundHttp: createNodeOutboundHttp({
      clock: systemClock,
      privateAddresses: 'refuse',
      userAgent: 'test',
      resolveName: async () => [],
    }),
  };
}

export async function openOutsideWorld(): Promise<OutsideWorld> {
  const names = await startNameServer();
  const served = new Map<string, Parameters<OutsideWorld['serve']>[1]>();
  const web = await startTargetServer({
    answer({ headers }, response) {
      const { status, text, location, type } = served.get(String(headers.host).replace(/:\d+$/, '')) ?? {
        status: 404,
        text: 'nothing here',
      };
      const sent = {
        ...(location === undefined ? {} : { location }),
        ...(type === undefined ? {} : { 'content-type': type }),
      };
      response.writeHead(status, sent).end(text);
    },
  });
  const http = createNodeOutboundHttp({
    clock: systemClock,
    privateAddresses: 'allow',
    userAgent: 'test',
    resolveName: async (host) => (served.has(host) ? [{ address: '127.0.0.1', family: 4 }] : []),
  });
  return {
    ...{ names, web },
    textRecords: createNodeTextRecords({ servers: [names.address] }),
    // Ports 80 and 443 are not a test's to have.
    outboundHttp: {
      send(request) {
        const url = new URL(request.url);
        if (url.protocol === 'http:') url.port = String(web.port);
        return http.send({ ...request, url: url.href });
      },
    },
    serve(host, answer) {
      served.set(host, answer);
    },
    async close() {
      await names.close();
      await web.close();
    },
  };
}
