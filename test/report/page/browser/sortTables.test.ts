import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationReport } from '../../../../src/report/page/htmlReport.ts';
import { hasChromium, startChromium, whyNoChromium } from '../../../support/chromium.ts';

describe.skipIf(!hasChromium)(`tables in a browser${whyNoChromium}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  it('are sorted by a click on a heading, numbers as numbers, names in their order, and what is missing last', async () => {
    const columns = [
      { key: 'name', heading: 'Pair' },
      { key: 'dice', heading: 'Dice' },
    ];
    const rows = [
      { name: 'case 10', dice: 9.5 },
      { name: 'case 9', dice: undefined },
      { name: 'case 1', dice: 10.25 },
    ];
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    const table = { columns, rows };
    await page.setContent(evaluationReport({ title: 't', summary: table, pairs: table, provenance: {} }));
    const order = (): Promise<string[]> => page.locator('table.sortable tbody tr td:first-child').allTextContents();
    expect(await order()).toEqual(['case 10', 'case 9', 'case 1']);
    const dice = page.getByRole('button', { name: 'Dice' });
    await dice.click();
    expect(await order()).toEqual(['case 10', 'case 1', 'case 9']);
    expect(await page.locator('th[aria-sort=ascending]').textContent()).toContain('Dice');
    await dice.click();
    expect(await order()).toEqual(['case 1', 'case 10', 'case 9']);
    await page.getByRole('button', { name: 'Pair' }).click();
    expect(await order()).toEqual(['case 1', 'case 9', 'case 10']);
    expect(await page.locator('th[aria-sort=descending]').count()).toBe(0);
    expect(errors).toEqual([]);
  });
});
