import { readFile, rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../cli/support.ts';
import { extended, SMALL_OPTIONS } from './support.ts';

const { at, run, experiment } = extended(`
import { defineSimilarity, graph, registerSimilarity, weightedMean } from 'earthmorph';
import { z } from 'zod';

registerSimilarity(
  defineSimilarity({
    name: 'charbonnier',
    summary: 'smoothed absolute difference',
    options: z.strictObject({ epsilon: z.number().positive().default(0.1) }),
    smoothness: 1,
    build(moved, fixed, { epsilon }, _random, weight) {
      const squares = graph.square(graph.subtract(moved, fixed));
      return weightedMean(graph.sqrt(graph.add(squares, epsilon ** 2)), weight);
    },
  }),
);
`);
const loss = ['--loss', 'charbonnier', '--loss-option', 'epsilon=0.2'];

beforeAll(async () => {
  await run('data', 'phantom', '--out', at('data'), '--cases', '6', '--size', '14,18,14', '--spacing', '3.5');
  await writeFile(at('pairs.csv'), 'fixed,moving\nphantom_001,phantom_002\n');
});

describe('a loss from outside the package', () => {
  it('is trained with, and refines pairs in an evaluation', async () => {
    const split = ['--split', '40,30,30'];
    const trained = await run('train', '--data', at('data'), '--out', at('run'), ...loss, ...SMALL_OPTIONS, ...split);
    expect(trained.stdout).toContain('Training: loss charbonnier, ');
    const list = ['--data', at('data'), '--pairs', at('pairs.csv'), '--threads', '1'];
    const report = ['--report', at('report.html')];
    await run('evaluate', ...list, '--model', at('run'), '--refine', '2', ...loss, ...report);
    expect(await readFile(at('report.html'), 'utf8')).toMatch(/2 steps, charbonnier/);
    await expectRefusal(
      ['evaluate', ...list, '--model', 'none', '--refine', '2', ...loss],
      /There is no loss "charbonnier"/,
    );
  });

  it('reaches the processes of an experiment, and its report', async () => {
    const losses = { Own: 'charbonnier epsilon=0.1|0.3', MSE: 'mse' };
    const file = await experiment('own.json', { data: at('data'), losses, split: [40, 30, 30], reference: 'MSE' });
    await run('experiment', 'run', file, '--out', at('experiment'), '--processes', '1', '--threads', '1');
    const table = await readFile(at('experiment', 'table2-test.csv'), 'utf8');
    expect(table).toMatch(/^Own/m);
    await rm(at('experiment', 'table2-test.csv'));
    await run('experiment', 'report', at('experiment'));
    expect(await readFile(at('experiment', 'table2-test.csv'), 'utf8')).toBe(table);
  });
});

describe('--import', () => {
  it('is handed on to array jobs by the script', async () => {
    const file = await experiment('array.json', { data: at('data'), losses: ['charbonnier'], split: [40, 30, 30] });
    await run('sweep', file, '--out', at('array'), '--slurm', at('job.sh'));
    expect(await readFile(at('job.sh'), 'utf8')).toContain(`EARTHMORPH_IMPORT=${at('own.mjs')}`);
  });

  it('refuses a module that is not there, or does not load', async () => {
    await expectRefusal(['--import', at('none.mjs'), 'data'], /The module .*none\.mjs cannot be loaded/);
    await writeFile(at('wrong.mjs'), "throw new Error('not today');");
    await expectRefusal([`--import=${at('wrong.mjs')}`, 'data'], /wrong\.mjs cannot be loaded \(not today\)/);
  });
});
