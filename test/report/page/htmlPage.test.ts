import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxPlot } from '../../../src/report/chart/boxPlot.ts';
import { evaluationReport } from '../../../src/report/page/htmlReport.ts';
import { registrationFigure } from '../../../src/report/slice/registrationFigure.ts';
import { hasChromium, startChromium, whyNoChromium } from '../../support/chromium.ts';
import { ball, halves, warp } from '../phantom.ts';

const columns = [{ key: 'name', heading: 'Pair' }];
const table = { columns, rows: [{ name: 'phantom_001 onto phantom_002' }] };
const html = evaluationReport({
  title: 'Evaluation',
  summary: table,
  charts: ['Dice', 'HD95 (mm)'].map((xLabel) =>
    boxPlot({ xLabel, boxes: [{ category: 'registered', series: 'Dice', values: [1, 2, 4] }] }),
  ),
  pairs: table,
  figures: [
    {
      caption: 'worst',
      svg: registrationFigure({
        fixed: ball([0, 0, 0], 7),
        moving: ball([3, 2, 0], 6),
        moved: ball([0, 0, 0], 7),
        fixedLabels: halves([0, 0, 0], 7),
        warp: warp(() => [0, 0, 0]),
      }),
    },
  ],
  provenance: { Command: 'earthmorph evaluate --report report.html' },
});

describe.skipIf(!hasChromium)(`a report's page in a browser${whyNoChromium}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [800, 'light'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)(
    '%i px wide and %s, every text of a figure can be read, and only figures scroll',
    async (width, colorScheme) => {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      await page.setContent(html);
      const found = await page.evaluate(() => {
        const sizes = [...document.querySelectorAll<SVGTextElement>('svg text')].map((text) => {
          const { a, b } = text.getScreenCTM() as DOMMatrix;
          return Number.parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
        });
        const frames = [...document.querySelectorAll('.paper, .charts > div')];
        return {
          texts: sizes.length,
          least: Math.min(...sizes),
          beyond: document.documentElement.scrollWidth - document.documentElement.clientWidth,
          scrolling: frames.map((frame) => frame.scrollWidth > frame.clientWidth),
          ink: getComputedStyle(document.querySelector('svg.figure text') as Element).fill,
        };
      });
      await page.close();
      expect(found.texts).toBeGreaterThan(20);
      expect(found.least).toBeGreaterThan(9.9);
      expect(found.beyond).toBe(0);
      expect(found.scrolling).toEqual([width < 600, width < 600, width < 1000]);
      expect(found.ink).toBe(colorScheme === 'dark' ? 'rgb(230, 232, 235)' : 'rgb(31, 35, 40)');
    },
  );

  it('is printed within the paper', async () => {
    const page = await browser.newPage({ viewport: { width: 680, height: 900 } });
    await page.emulateMedia({ media: 'print' });
    await page.setContent(html);
    const beyond = await page.evaluate(() =>
      [...document.querySelectorAll('.paper > svg, .charts > div > svg')].map(
        (svg) => svg.getBoundingClientRect().right - window.innerWidth,
      ),
    );
    await page.close();
    expect(beyond.length).toBe(3);
    for (const each of beyond) expect(each).toBeLessThanOrEqual(0);
  });
});
