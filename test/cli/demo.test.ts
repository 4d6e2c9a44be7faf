import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { printedLines, temporaryFolder } from './support.ts';

const at = temporaryFolder();

interface Demo {
  landmarkErrorBefore: number;
  landmarkErrorAfter: number;
  report: string;
  figure: string;
}

it('trains on synthetic scans and at least halves the landmark error of held-out ones', async () => {
  const { landmarkErrorBefore, landmarkErrorAfter, report, figure } = await printedLines<Demo>([
    'demo',
    '--out',
    at('demo'),
  ]);
  expect(landmarkErrorBefore).toBeGreaterThan(2);
  expect(landmarkErrorAfter).toBeLessThan(landmarkErrorBefore / 2);
  expect(existsSync(report)).toBe(true);
  expect(existsSync(figure)).toBe(true);
});
