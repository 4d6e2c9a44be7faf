import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** What the browser is called on Debian and elsewhere. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Names a browser for the tests, or `none`. */
const named = process.env.EARTHMORPH_CHROMIUM;

const found = (named === undefined ? NAMES : [named]).find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore', timeout: 60_000 }).status === 0,
);

export const hasChromium = found !== undefined;
/** For the title of what is skipped without it. */
export const whyNoChromium = hasChromium
  ? ''
  : ` (skipped: ${named === undefined ? 'no Chromium on the PATH; on Debian: apt-get install chromium' : `EARTHMORPH_CHROMIUM is ${named}, which does not run`})`;

/** Starts the machine's Chromium without a window. */
export async function startChromium(...flags: readonly string[]): Promise<Browser> {
  const path = spawnSync('sh', ['-c', 'command -v "$0"', found ?? ''], { encoding: 'utf8' }).stdout.trim();
  // Without a graphics card, pictures in three dimensions are drawn by the processor.
  return chromium.launch({ executablePath: path, timeout: 0, args: ['--enable-unsafe-swiftshader', ...flags] });
}
