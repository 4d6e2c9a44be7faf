import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { extended, SMALL_OPTIONS } from './support.ts';

const { at, run, experiment } = extended(`
import { defineGenerator, randomStream, registerGenerator } from 'earthmorph';
import { z } from 'zod';

const size = [16, 16, 16];
const affine = [3.5, 0, 0, 0, 0, 3.5, 0, 0, 0, 0, 3.5, 0, 0, 0, 0, 1];

registerGenerator(
  defineGenerator({
    name: 'soft-balls',
    summary: 'make balls',
    description: 'Makes balls of random places.',
    schema: z.strictObject({
      cases: z.int().min(1).default(6).describe('how many'),
      seed: z.int().min(0).default(1).describe('which'),
      radius: z.number().min(2).max(6).default(4).describe('radius in voxels'),
    }),
    paired: false,
    synthetic: () => ({ kind: 'synthetic', description: 'Balls of somebody else.' }),
    async make({ cases, seed, radius }, { writer, onProgress }) {
      for (let index = 0; index < cases; index++) {
        const random = randomStream(seed, 'balls', index);
        const centre = [0, 1, 2].map(() => 6.5 + 2 * random.uniform());
        const image = { size, affine, data: new Float32Array(16 ** 3) };
        const labels = { size, affine, data: new Int32Array(16 ** 3) };
        for (let n = 0; n < 16 ** 3; n++) {
          const p = [n % 16, Math.floor(n / 16) % 16, Math.floor(n / 256)];
          const away = Math.hypot(...p.map((x, axis) => x - centre[axis]));
          image.data[n] = 100 / (1 + Math.exp(away - radius)) + random.normal();
          labels.data[n] = away < radius ? 1 : 0;
        }
        await writer.image(\`images/ball\${index}.nii.gz\`, image);
        await writer.labels(\`labels/ball\${index}.nii.gz\`, labels);
        onProgress?.(index + 1, cases);
      }
      return { remark: 'all round' };
    },
  }),
);
`);
const NOTE = 'Note: Balls of somebody else.\n';

describe('a generator from outside the package', () => {
  it('has a command with its settings, whose data say that they are made, in training and evaluation', async () => {
    const made = await run('data', 'soft-balls', '--out', at('data'), '--cases', '6', '--radius', '3');
    expect(made.stdout).toBe(`${at('data')}: 6 synthetic cases, seed 1; all round\n`);
    expect(JSON.parse(await readFile(at('data', 'synthetic.json'), 'utf8'))).toEqual({
      synthetic: true,
      kind: 'synthetic',
      description: 'Balls of somebody else.',
      generator: 'soft-balls',
      settings: { cases: 6, seed: 1, radius: 3 },
    });
    const train = ['train', '--data', at('data'), '--out', at('run'), ...SMALL_OPTIONS, '--split', '40,30,30'];
    expect((await run(...train)).stderr).toContain(NOTE);
    const config = JSON.parse(await readFile(at('run', 'config.json'), 'utf8')) as { synthetic: unknown };
    expect(config.synthetic).toEqual({ kind: 'synthetic', description: 'Balls of somebody else.' });
    await writeFile(at('pairs.csv'), 'fixed,moving\nball0,ball1\n');
    const list = ['--data', at('data'), '--pairs', at('pairs.csv'), '--threads', '1'];
    const evaluated = await run('evaluate', ...list, '--model', at('run'), '--report', at('report.html'));
    expect(evaluated.stderr).toContain(NOTE);
    expect(await readFile(at('report.html'), 'utf8')).toMatch(/Synthetic data.*Balls of somebody else\./s);
  });

  it('stands in an experiment for a folder; its tables and figures say what the pairs are', async () => {
    const made = { data: 'soft-balls', softBallsCases: 6, softBallsRadius: 3 };
    const file = await experiment('own.json', { ...made, losses: ['mse'], split: [40, 30, 30] });
    await run('experiment', 'run', file, '--out', at('experiment'), '--processes', '1', '--threads', '1');
    const tables = await readFile(at('experiment', 'tables.md'), 'utf8');
    expect(tables).toContain('synthetic pairs (Balls of somebody else)');
    expect(await readFile(at('experiment', 'figures', 'figure2-losses.svg'), 'utf8')).toContain('(synthetic)');
    await rm(at('experiment', 'tables.md'));
    await run('experiment', 'report', at('experiment'));
    expect(await readFile(at('experiment', 'tables.md'), 'utf8')).toBe(tables);
  });
});
