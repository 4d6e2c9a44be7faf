import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { metricsCommand } from '../src/cli/metrics.ts';
import { type Case, openDataset } from '../src/dataset/dataset.ts';
import { readExperimentFile } from '../src/experiment/folder/experimentFile.ts';
import { ExperimentFolder } from '../src/experiment/folder/experimentFolder.ts';
import { changeTable, comparisonTable } from '../src/experiment/report/comparisonReport.ts';
import { writeExperimentReport } from '../src/experiment/report/experimentReport.ts';
import { compareLosses } from '../src/experiment/runner/compareLosses.ts';
import { runTrial, testTrial, trialModel } from '../src/experiment/runner/runTrial.ts';
import { nodeFiles } from '../src/file/nodeFiles.ts';
import {
  decodeModel,
  defineMeasure,
  defineNetwork,
  defineRegulariser,
  displacementFromFlow,
  encodeModel,
  graph,
  makePhantomCase,
  measureLabels,
  measures,
  Registrar,
  register,
  registerMeasure,
  registerNetwork,
  registerRegulariser,
  trainModel,
  warp,
} from '../src/index.ts';
import { onePairReport } from '../src/outcome/onePairReport.ts';
import { resultsTable, summaryTable } from '../src/outcome/pairResults.ts';
import { preprocessingSchema } from '../src/preparation/preprocessing.ts';
import { toMarkdown } from '../src/report/page/table.ts';
import { linearWarp } from '../src/volume/warp.ts';
import { manyPairsReport } from '../src/workflow/pairReport.ts';
import { registerFiles } from '../src/workflow/registerFiles.ts';
import { filesOfPair, type PairList, registerPairs } from '../src/workflow/registerPairs.ts';
import { readMetrics } from '../src/workflow/runFolder.ts';
import { temporaryFolder } from './cli/support.ts';
import { GRID } from './experiment/grid.ts';

/** One convolution: the least network that registers. */
const convolution = defineNetwork<{ reach: number }>({
  name: 'one-convolution',
  summary: 'a single convolution',
  schema: z.strictObject({ reach: z.number().positive().max(10).default(1) }),
  parameters: (_, deviation = 1e-5) => [
    { name: 'flow.weight', shape: [3, 2, 3, 3, 3], initial: { kind: 'normal', deviation } },
    { name: 'flow.bias', shape: [3], initial: { kind: 'zero' } },
  ],
  build(moving, fixed, parameters, { reach }, features) {
    const [weight, bias] = ['flow.weight', 'flow.bias'].map((name) => parameters.get(name)!);
    const map = features.enter(graph.concat([moving, fixed], 1));
    const out = features.leave(features.convolve({ parts: [{ map }], weight: weight!, bias: bias! }));
    const flow = graph.multiply(out, reach);
    const [depth, height, width] = fixed.shape.slice(2) as [number, number, number];
    const displacement = displacementFromFlow(flow, { integrationSteps: 0, halfResolution: false }, [
      depth,
      height,
      width,
    ]);
    return { flow, displacement, moved: warp(moving, displacement) };
  },
});

/** How long the displacement is. */
const magnitude = defineRegulariser({
  name: 'magnitude',
  summary: 'mean squared length of the displacement',
  options: z.strictObject({}),
  weight: 1,
  build: ({ displacement }) => graph.mean(graph.square(displacement)),
});

const cases = Array.from({ length: 6 }, (_, index) =>
  makePhantomCase({ seed: 1, index, size: [12, 16, 12], spacing: [3, 3, 3] }),
);
const settings = { size: 16, pad: 16, spacing: 3, epochs: 2, rate: 1e-2, flowDeviation: 1e-2 };
const split = { train: 0.5, validation: 0.5, test: 0 };

describe('from outside the package', () => {
  it('a network trains, is written with its name and settings, read again, and registers', async () => {
    registerNetwork(convolution);
    const { model } = await trainModel(cases, {
      settings: { ...settings, network: 'one-convolution', networkOptions: { reach: 2 } },
      split,
    });
    const read = decodeModel(encodeModel(model), 'own.onnx');
    expect(read.stages[0]!.network).toEqual({ family: convolution, options: { reach: 2 } });
    expect(read.stages[0]!.parameters).toHaveLength(3 * 2 * 27 + 3);
    const pair = { fixed: cases[0]!.image, moving: cases[1]!.image };
    const { warp: found, start } = await register(pair, read);
    const still = linearWarp(pair.fixed, start).data;
    expect(found.data.some((mm, n) => Math.abs(mm - still[n]!) > 1e-4)).toBe(true);
    await expect(
      trainModel(cases, {
        settings: { ...settings, network: 'one-convolution', networkOptions: { reach: 11 } },
        split,
      }),
    ).rejects.toThrow('The setting "reach" of the network "one-convolution" must be at most 10.');
  });

  it('a regulariser is what training weighs', async () => {
    registerRegulariser(magnitude);
    const small = { ...settings, encoder: [2], decoder: [2], remaining: [2], regulariser: 'magnitude' };
    const [free, held] = await Promise.all(
      [0, 100].map((smoothness) => trainModel(cases, { settings: { ...small, smoothness }, split })),
    );
    const penalty = ({ trainLoss, trainSimilarity }: { trainLoss: number; trainSimilarity: number }): number =>
      trainLoss - trainSimilarity;
    expect(penalty(free!.records[0]!)).toBeCloseTo(0, 6);
    expect(penalty(held!.records[0]!)).toBeGreaterThan(1e-3);
  });
});

describe('measures from outside the package, each defined once', () => {
  const at = temporaryFolder();
  let folder: ExperimentFolder;

  beforeAll(async () => {
    registerMeasure(
      defineMeasure({
        key: 'jaccard',
        name: 'Jaccard',
        summary: 'shared voxels among all',
        digits: 4,
        better: 'more',
        share: true,
        watched: true,
        needs: 'labels',
        of: ({ voxels: { fixed, moved, shared } }) => shared / (fixed + moved - shared),
      }),
    );
    registerMeasure(
      defineMeasure({
        key: 'reach',
        name: 'reach',
        summary: 'longest displacement',
        unit: 'mm',
        digits: 2,
        better: 'less',
        needs: 'warp',
        of: ({ warp }) => warp().data.reduce((most, mm) => Math.max(most, Math.abs(mm)), 0),
      }),
    );
    const file = at('experiment.json');
    const short = { ...GRID, losses: { MSE: 'mse', NCC: 'ncc' }, seeds: [1], stopping: ['absolute'], epochs: 1 };
    await writeFile(file, JSON.stringify({ ...short, phantomCases: 12 }));
    folder = await ExperimentFolder.prepare(at('experiment'), await readExperimentFile(file), 'test');
    const options = { runtime: {}, signal: new AbortController().signal };
    for (const { id } of folder.trials()) {
      await runTrial(folder, id, options);
      await testTrial(folder, id, options);
    }
  });

  /** Two pairs of the experiment's scans. */
  async function someList(): Promise<PairList> {
    const dataset = await openDataset(folder.stored.data, nodeFiles());
    const [a, b, c] = dataset.cases as [Case, Case, Case];
    return {
      dataset,
      pairs: [
        { fixed: a, moving: b },
        { fixed: b, moving: c },
      ],
    };
  }

  it('are worked out with the others', () => {
    expect([...measures().keys()]).toEqual(expect.arrayContaining(['jaccard', 'reach']));
    const [fixed, moved] = [Int32Array.of(1, 1, 1, 0), Int32Array.of(0, 1, 1, 1)];
    const { means } = measureLabels({ fixed, moved, size: [4, 1, 1], space: [1, 1, 1] }, [1]);
    expect(means).toMatchObject({ dice: 2 / 3, jaccard: 0.5 });
  });

  it('are in the records of a training where they are watched, and only there', async () => {
    const [first] = folder.trials();
    const [record] = await readMetrics(folder.runOf(first!.id));
    expect(record).toMatchObject({ dice: expect.any(Number), jaccard: expect.any(Number) });
    expect(record).not.toHaveProperty('reach');
    expect(record!.jaccard).toBeLessThan(record!.dice as number);
  });

  it('are stored of an experiment’s pairs, and in its tables, tests and box plots', async () => {
    const { tables } = await writeExperimentReport(folder);
    const headings = (name: string): string[] => tables[name]!.columns.map(({ heading }) => heading);
    expect(headings('table1-validation')).toContain('Jaccard');
    expect(headings('table2-test')).toEqual(expect.arrayContaining(['Jaccard', 'reach']));
    expect(headings('table3-unregistered')).toContain('change of Jaccard');
    expect(headings('table4-trials')).toEqual(expect.arrayContaining(['Jaccard, test', 'reach']));
    const [, mse] = tables['table2-test']!.rows;
    expect(mse).toMatchObject({ jaccard: { mean: expect.any(Number) }, reach: { mean: expect.any(Number) } });
    for (const name of ['jaccard-boxes.svg', 'reach-boxes.svg'])
      expect(existsSync(join(folder.path, 'figures', name)), name).toBe(true);
  });

  it('are in the results, tables and reports of pairs that are registered', async () => {
    const list = await someList();
    const registrar = new Registrar(await trialModel(folder, folder.trials()[0]!.id, 'absolute'));
    const results = await registerPairs(list, { registrar, start: 'center' });
    const one = await registerFiles(registrar, await filesOfPair(list, list.pairs[0]!), 'center');
    await registrar.release();
    expect(results[0]).toMatchObject({ jaccardBefore: expect.any(Number), jaccardAfter: expect.any(Number) });
    expect(results[0]!.reach).toBeGreaterThan(0);
    expect(toMarkdown(summaryTable(results))).toMatch(/Jaccard, mean of labels[^\n]*\n\| Jaccard, label 1/);
    expect(resultsTable(results).columns.map(({ heading }) => heading)).toEqual(
      expect.arrayContaining(['Jaccard before', 'Jaccard after', 'reach']),
    );
    const html = await manyPairsReport(results, {}, async () => '<svg></svg>');
    expect(html.match(/Jaccard, mean of labels/g)!.length).toBeGreaterThan(1);
    expect(onePairReport(one, { fixed: 'a', moving: 'b' }, {})).toContain('reach (mm)');
  });

  it('are what "metrics" prints', async () => {
    const { dataset, pairs } = await someList();
    const [fixed, moved] = [pairs[0]!.fixed, pairs[0]!.moving].map(({ labels }) => labels!) as [string, string];
    expect(dataset.cases.length).toBeGreaterThan(2);
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const program = new Command();
    metricsCommand(program);
    const words = ['metrics', '--fixed-labels', fixed, '--moved-labels', moved];
    await program.parseAsync([...words, '--json'], { from: 'user' });
    const printed = log.mock.calls.map(([text]) => String(text)).join('\n');
    log.mockRestore();
    expect(JSON.parse(printed)).toMatchObject({
      jaccard: expect.any(Number),
      labels: [{ jaccard: expect.any(Number) }, {}],
    });
  });

  it('are in a comparison of losses', async () => {
    const { dataset, pairs } = await someList();
    const comparison = await compareLosses({
      methods: ['mse', 'ncc'].map((loss) => ({ name: loss, loss, options: {}, weights: [1] })),
      settings: {
        preprocessing: preprocessingSchema.parse({ pad: 16, size: 16, spacing: 3.5 }),
        ...{ steps: 2, grid: 2, rate: 0.5, seed: 1, mask: false },
      },
      tune: { dataset, pairs: [] },
      test: { dataset, pairs },
      out: at('comparison'),
    });
    const headings = comparisonTable(comparison).columns.map(({ heading }) => heading);
    expect(headings).toEqual(expect.arrayContaining(['Jaccard', 'reach']));
    expect(changeTable(comparison).columns.map(({ heading }) => heading)).toContain('change of Jaccard');
  });
});
