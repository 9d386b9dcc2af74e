/** A suite of tests of the web app: a server and a browser, started before its tests and ended after them. */
import { after, before, type TestContext } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import type { Environment } from '../../src/config/env.ts';
import { chromiumBackend, openBrowser, openPage, type PersonsPage } from './browser.ts';
import { type DemoServer, startDemo } from './demo-server.ts';
import { describeOnBackend } from './required-backends.ts';
import { createServerHome, type ServerHome } from './server-process.ts';

const SETTINGS = { GROUNDSWELL_RATE_LIMITS: 'off' };

/** A person at a browser of their own. */
export type Open = (test: TestContext, options: BrowserContextOptions) => Promise<PersonsPage>;

export interface BrowserSetting {
  /** The address of the server, which stays when it is restarted. */
  readonly url: string;
  readonly open: Open;
  killServer(): Promise<void>;
  restartServer(): Promise<void>;
}

/** With an empty server. `prepare` is given its data folder before it starts. */
export function describeInBrowser(
  subject: string,
  suite: (setting: BrowserSetting) => void,
  prepare: (dataFolder: string) => Promise<unknown> = async () => undefined,
): void {
  let home: ServerHome;
  let server: ServerProcess;
  describeWithBrowser(subject, {
    async start() {
      home = await createServerHome();
      await prepare(home.dataFolder);
      server = await home.start(SETTINGS);
    },
    close: () => home?.close(),
    suite: (open) =>
      suite({
        get url() {
          return server.url;
        },
        open,
        killServer: () => server.kill(),
        async restartServer() {
          server = await home.start(SETTINGS, Number(new URL(server.url).port));
        },
      }),
  });
}

export interface DemoSetting {
  readonly server: DemoServer;
  readonly open: Open;
}

/** With a server that has people and posts. */
export function describeDemoInBrowser(
  subject: string,
  suite: (setting: DemoSetting) => void,
  settings: Environment = {},
): void {
  let server: DemoServer;
  describeWithBrowser(subject, {
    async start() {
      server = await startDemo({ ...SETTINGS, ...settings });
    },
    close: () => server?.close(),
    suite: (open) =>
      suite({
        get server() {
          return server;
        },
        open,
      }),
  });
}

function describeWithBrowser(
  subject: string,
  setting: {
    readonly start: () => Promise<void>;
    readonly close: () => Promise<void> | undefined;
    readonly suite: (open: Open) => void;
  },
): void {
  describeOnBackend(subject, chromiumBackend(), (executablePath) => {
    let browser: Browser;
    before(async () => {
      await setting.start();
      browser = await openBrowser(executablePath);
    });
    after(async () => {
      await browser?.close();
      await setting.close();
    });
    setting.suite((test, options) => openPage(test, browser, options));
  });
}
