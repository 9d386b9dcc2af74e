/** A suite of tests of the web app: a server and a browser, started before its tests and ended after them. */
import { after, before, type TestContext } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { chromiumBackend, openBrowser, openPage, type PersonsPage } from './browser.ts';
import { describeOnBackend } from './required-backends.ts';
import { createServerHome, type ServerHome } from './server-process.ts';

const SETTINGS = { GROUNDSWELL_RATE_LIMITS: 'off' };

export interface BrowserSetting {
  /** The address of the server, which stays when it is restarted. */
  readonly url: string;
  /** A person at a browser of their own. */
  open(test: TestContext, options: BrowserContextOptions): Promise<PersonsPage>;
  killServer(): Promise<void>;
  restartServer(): Promise<void>;
}

export function describeInBrowser(subject: string, suite: (setting: BrowserSetting) => void): void {
  describeOnBackend(subject, chromiumBackend(), (executablePath) => {
    let home: ServerHome;
    let server: ServerProcess;
    let browser: Browser;
    before(async () => {
      home = await createServerHome();
      server = await home.start(SETTINGS);
      browser = await openBrowser(executablePath);
    });
    after(async () => {
      await browser?.close();
      await home?.close();
    });
    suite({
      get url() {
        return server.url;
      },
      open: (test, options) => openPage(test, browser, options),
      killServer: () => server.kill(),
      async restartServer() {
        server = await home.start(SETTINGS, Number(new URL(server.url).port));
      },
    });
  });
}
