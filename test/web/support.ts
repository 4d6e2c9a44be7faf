import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Volume } from '../../src/volume/grid.ts';
import { encodeNifti } from '../../src/volume/nifti.ts';
import { type PageServer, servePage } from '../../src/workflow/pageServer.ts';
import { startChromium } from '../support/chromium.ts';
import { TESTED } from '../support/tested.ts';

/** The built page. */
export const PAGE = join(TESTED, 'dist', 'web');

/** A file as a user picks it. */
export interface PickedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export async function niftiFile(name: string, image: Volume): Promise<PickedFile> {
  return fileOf(name, await encodeNifti(image, { gzip: name.endsWith('.gz') }));
}

export function fileOf(name: string, bytes: Uint8Array): PickedFile {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) };
}

/** The application in a browser, as a user has it. */
export class App {
  /** What the browser complained of. */
  readonly complaints: string[] = [];
  readonly requests: string[] = [];

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('request', (request) => this.requests.push(request.url()));
  }

  static async open(browser: Browser, address: string): Promise<App> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(0);
    const app = new App(page);
    await page.goto(address);
    await page.getByText('EarthMorph', { exact: true }).waitFor();
    return app;
  }

  /** What was asked of another origin than the page's. */
  requestsElsewhere(): string[] {
    const { origin } = new URL(this.page.url());
    return this.requests.filter((url) => !url.startsWith(origin) && !/^(data|blob):/.test(url));
  }

  /** Picks files through the button of a name, the first of them. */
  async pick(button: string, ...files: readonly PickedFile[]): Promise<void> {
    const [chooser] = await Promise.all([
      this.page.waitForEvent('filechooser'),
      this.page.getByRole('button', { name: button }).first().click(),
    ]);
    await chooser.setFiles([...files]);
  }

  /** Drops files onto the page. */
  async drop(...files: readonly PickedFile[]): Promise<void> {
    const given = files.map(({ name, buffer }) => ({ name, base64: buffer.toString('base64') }));
    await this.page.evaluate((list) => {
      const data = new DataTransfer();
      for (const { name, base64 } of list)
        data.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, given);
  }

  /** Drops a folder of files onto the page: what a file manager gives cannot be made, so it is told in its place. */
  async dropFolder(name: string, files: readonly PickedFile[]): Promise<void> {
    const given = files.map((file) => ({ name: file.name, base64: file.buffer.toString('base64') }));
    await this.page.evaluate(
      ([folder, list]) => {
        const entries = list.map((each) => ({
          name: each.name,
          isFile: true,
          isDirectory: false,
          file: (done: (file: File) => void) =>
            done(new File([Uint8Array.from(atob(each.base64), (letter) => letter.charCodeAt(0))], each.name)),
        }));
        // A reader gives a part at a time, and in the end none.
        const parts = [entries.slice(0, 3), entries.slice(3), []];
        const readEntries = (done: (part: unknown) => void): void => done(parts.shift());
        const entry = { name: folder, isFile: false, isDirectory: true, createReader: () => ({ readEntries }) };
        const event = new DragEvent('drop', { bubbles: true, cancelable: true });
        const items = [{ webkitGetAsEntry: () => entry }];
        Object.defineProperty(event, 'dataTransfer', { value: { items } });
        document.body.dispatchEvent(event);
      },
      [name, given] as const,
    );
  }

  /** Waits until the pair is registered. */
  async registered(): Promise<void> {
    await this.page.getByText(/^Registered in/).waitFor();
  }

  /** What a row of the measures says after registration. */
  async measure(name: string): Promise<number> {
    const row = this.page.getByRole('row', { name: new RegExp(`^${name}`) }).first();
    return Number.parseFloat((await row.locator('td').last().textContent()) ?? '');
  }

  /** What a click on a file gives. */
  async file(name: string): Promise<Uint8Array> {
    const [download] = await Promise.all([
      this.page.waitForEvent('download'),
      this.page.getByRole('button', { name, exact: true }).click(),
    ]);
    return bytesOf(download);
  }

  /** The message that the page shows, once it shows one that is like this. */
  async says(text: RegExp): Promise<string> {
    const message = this.page.locator('.message').filter({ hasText: text });
    await message.waitFor();
    return (await message.textContent()) ?? '';
  }
}

/** What tests of a page have: a browser, the page's server, and the application that is open. */
export interface Opened {
  browser: Browser;
  server: PageServer;
  app: App;
}

/**
 * Opens the browser and serves the page for the tests of a file; after each, the page must not have complained.
 * @param flags of the browser
 */
export function withPage(...flags: readonly string[]): Opened {
  const opened = {} as Opened;
  beforeAll(async () => {
    opened.browser = await startChromium(...flags);
    opened.server = await servePage({ folder: PAGE });
  });
  afterEach(async () => {
    const { app } = opened;
    expect(app.complaints).toEqual([]);
    expect(app.requestsElsewhere()).toEqual([]);
    await app.page.close();
  });
  afterAll(async () => {
    await opened.browser?.close();
    await opened.server?.close();
  });
  return opened;
}

async function bytesOf(download: Download): Promise<Uint8Array> {
  return readFile(await download.path());
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Serves a page, ours when left out, from a folder of a host that sets no headers, as many do. */
export async function plainHost(folder = PAGE): Promise<{ readonly address: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').replace(/^\/some\/folder\//, '') || 'index.html';
    const bytes = await readFile(join(folder, path)).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain' });
    response.end(bytes);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/some/folder/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
