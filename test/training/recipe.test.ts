import { beforeAll, describe, expect, it } from 'vitest';
import { compile, fastestFeatures, Graph, type Tensor } from '../../src/graph/index.ts';
import { composed } from '../../src/network/displacement.ts';
import { initialParameters, unpackParameters } from '../../src/network/parameters.ts';
import { networkParameters } from '../../src/network/registry.ts';
import { registerInStages } from '../../src/network/stages.ts';
import { chooseOptimiser } from '../../src/optimise/registry.ts';
import { scheduledRate } from '../../src/optimise/schedule.ts';
import { type PreparedVolume, prepare, prepareCase, preprocessingSchema } from '../../src/preparation/preprocessing.ts';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { averaged, decodeCheckpoint, encodeCheckpoint, type TrainingState } from '../../src/training/checkpoint.ts';
import { networkOf, type TrainingConfig, trainingConfig } from '../../src/training/configuration.ts';
import { fedSupervision, labelsOf, supervisionValues } from '../../src/training/supervision.ts';
import { type EpochRecord, train } from '../../src/training/trainer.ts';
import type { Vec3 } from '../../src/volume/grid.ts';
import { identity, multiply, scaling, translation } from '../../src/volume/matrix.ts';
import { checkGradient } from '../support/finiteDifferences.ts';
import { relativeError } from '../support/reference.ts';

const preprocessing = preprocessingSchema.parse({ pad: 16, size: 16, spacing: 3.5, outside: 'edge' });
const cases = Array.from({ length: 8 }, (_, index) => {
  const { id, image, labels } = makePhantomCase({ seed: 1, index, size: [20, 28, 20], spacing: [2, 2, 2] });
  return prepare(id, image, labels, preprocessing);
});
const data = { train: cases.slice(0, 5), validation: cases.slice(5) };
const config = (values: Record<string, unknown>): TrainingConfig =>
  trainingConfig({
    ...preprocessing,
    network: 'pyramid',
    networkOptions: { levels: [4, 8, 8], matching: [8] },
    integrationSteps: 3,
    flowDeviation: 1e-3,
    rate: 3e-3,
    smoothness: 0.1,
    patience: 100,
    ...values,
  });

async function trained(settings: TrainingConfig, resume?: TrainingState, stopAfter = settings.epochs) {
  const records: EpochRecord[] = [];
  const stop = new AbortController();
  const { state } = await train({
    config: settings,
    data,
    ...(resume ? { resume } : {}),
    runtime: { threads: 1 },
    signal: stop.signal,
    observer: {
      epochDone(record) {
        records.push(record);
        if (record.epoch === stopAfter) stop.abort();
      },
    },
  });
  return { state, records };
}

/** All that decides how a run goes on, without its times. */
const rest = ({ seconds: _, ...state }: TrainingState) => state;

describe('a training with every setting of the recipe', () => {
  const settings = config({
    supervise: 'labels',
    averaging: 0.9,
    warmup: 1,
    schedule: 'cosine',
    bothDirections: true,
    augmentAffine: 0.05,
    augmentDeformation: 0.5,
    augmentIntensity: 0.2,
    augmentFlip: true,
    epochs: 4,
  });

  it('goes on from a checkpoint to the same numbers, to the last bit', async () => {
    const whole = await trained(settings);
    const half = await trained(settings, undefined, 2);
    const specs = networkParameters(networkOf(settings));
    const bytes = encodeCheckpoint(half.state, specs, half.records);
    const { state } = decodeCheckpoint(bytes, specs, chooseOptimiser(), 'last', true);
    const other = await trained(settings, state);
    expect(rest(other.state)).toEqual(rest(whole.state));
    expect(other.state.step).toBe(4 * 5 * 2);
    expect(() =>
      decodeCheckpoint(
        encodeCheckpoint({ ...half.state, average: half.state.parameters }, specs, []).fill(0, 9000, 9100),
        specs,
        chooseOptimiser(),
        'last',
        true,
      ),
    ).toThrow(/damaged/);
  });
});

describe('a batch', () => {
  it('is one step by the mean gradient of its pairs', async () => {
    // Without moments a step is the rate times the gradient, so that two steps can be compared with one.
    const common = { optimiser: 'momentum', rate: 1e-6, epochs: 1, pairsPerEpoch: 2 };
    const together = (await trained(config({ ...common, batch: 2 }))).state;
    const one = (await trained(config({ ...common, pairsPerEpoch: 1 }))).state;
    const apart = (await trained(config(common))).state;
    expect([together.step, one.step, apart.step]).toEqual([1, 1, 2]);
    // The velocity of two steps keeps 0.9 of the first gradient; such short steps leave the second as it was.
    const mean = apart.moments.velocity!.map((value, n) => (value + 0.1 * one.moments.velocity![n]!) / 2);
    expect(relativeError(together.moments.velocity!, mean)).toBeLessThan(1e-2);
    expect(relativeError(together.moments.velocity!, one.moments.velocity!)).toBeGreaterThan(0.1);
  });

  it('may be larger than what is left of an epoch', async () => {
    const { state } = await trained(config({ batch: 3, epochs: 2, pairsPerEpoch: 4 }));
    expect(state.step).toBe(4);
  });
});

describe('supervision by labels', () => {
  let withLabels: EpochRecord[] = [];
  let without: EpochRecord[] = [];
  beforeAll(async () => {
    const epochs = 12;
    withLabels = (await trained(config({ supervise: 'labels', superviseWeight: 2, epochs }))).records;
    without = (await trained(config({ epochs }))).records;
  });

  it('brings labels of cases that it never saw closer than training without', () => {
    expect(withLabels.at(-1)!.dice).toBeGreaterThan(withLabels[0]!.dice as number);
    expect(withLabels.at(-1)!.dice).toBeGreaterThan(without.at(-1)!.dice as number);
  });

  it('takes cases without labels for what they have', async () => {
    const bare = data.train.map(({ labels: _, ...volume }, n): PreparedVolume => (n < 3 ? volume : data.train[n]!));
    const { state } = await train({
      config: config({ supervise: 'labels', epochs: 1 }),
      data: { ...data, train: bare },
    });
    expect(state.parameters.every(Number.isFinite)).toBe(true);
    const none = data.train.map(({ labels: _, ...volume }): PreparedVolume => volume);
    await expect(
      train({ config: config({ supervise: 'labels', epochs: 1 }), data: { ...data, train: none } }),
    ).rejects.toThrow(/no labels to train on/);
  });

  it('counts a label where both scans have it', () => {
    const volume = (labels?: number[]): Pick<PreparedVolume, 'grid' | 'labels' | 'values'> => ({
      grid: { size: [4, 1, 1], affine: identity },
      values: new Float32Array(4),
      ...(labels ? { labels: Int32Array.from(labels) } : {}),
    });
    const values = supervisionValues(volume([0, 3, 7, 7]), volume([7, 7, 9, 0]), { kind: 'labels', labels: [3, 7, 9] });
    expect([...values.fixed_labels!]).toEqual([0, 1, 2, 2]);
    expect([...values.moving_labels!]).toEqual([2, 2, 3, 0]);
    expect([...values.label_weights!]).toEqual([0, 1, 0]);
    const one = { kind: 'labels', labels: [7] } as const;
    expect([...supervisionValues(volume([7, 7, 7, 7]), volume(), one).label_weights!]).toEqual([0]);
    expect(labelsOf(cases)).toEqual([1, 2]);
  });
});

describe('supervision by landmarks', () => {
  const points: Vec3[] = [
    [1, 1, 1],
    [2.5, 1.25, 0.5],
    [9, 9, 9],
  ];
  // Voxels of 2 mm along x; the moving grid begins 1 mm farther along y.
  const affine = scaling([2, 1, 1]);
  const values = new Float32Array(64);
  const fixed = { grid: { size: [4, 4, 4], affine }, values, landmarks: points } as const;
  const moving = { ...fixed, grid: { ...fixed.grid, affine: multiply(translation([0, 1, 0]), affine) } } as const;
  const supervision = { kind: 'landmarks', most: 4 } as const;

  it('is the mean squared distance in mm of those inside, of those that there are', async () => {
    const graph = new Graph('landmarks');
    const program = await compile(graph, {
      value: fedSupervision(graph, graph.input('u', [1, 3, 4, 4, 4]), supervision),
    });
    const feeds = supervisionValues(fixed, moving, supervision);
    const { landmarks: _, ...bare } = moving;
    const at = async (given: Record<string, Float32Array>, u: readonly number[]): Promise<number> =>
      (await program.run({ ...given, u: Float32Array.from({ length: 192 }, (__, n) => u[Math.floor(n / 64)]!) }))
        .value![0]!;
    expect([...feeds.point_weights!]).toEqual([1, 1, 0, 0]);
    // The same points in the world are one voxel apart along y. Half a voxel along x is 1 mm.
    expect(await at(feeds, [0, 0, 0])).toBeCloseTo(1, 5);
    expect(await at(feeds, [0, -1, 0])).toBeCloseTo(0, 5);
    expect(await at(feeds, [0, -1, 0.5])).toBeCloseTo(1, 5);
    expect(await at(supervisionValues(fixed, bare, supervision), [1, 1, 1])).toBe(0);
  });

  it('has the gradient of finite differences', async () => {
    const error = await checkGradient({
      inputs: [[1, 3, 4, 4, 4]],
      build: (u) => fedSupervision(u!.graph, u!, supervision),
      given: supervisionValues(fixed, moving, supervision),
    });
    expect(error).toBeLessThan(1e-2);
  });

  it('brings landmarks of cases that it never saw closer', async () => {
    const made = Array.from({ length: 8 }, (_, index) => {
      const { id, image, landmarks } = makePhantomCase({ seed: 1, index, size: [20, 28, 20], spacing: [2, 2, 2] });
      return prepareCase(id, { image, landmarks }, preprocessing, 'center');
    });
    const settings = config({ supervise: 'landmarks', superviseWeight: 0.1, epochs: 10, pairsPerEpoch: 10 });
    const records: EpochRecord[] = [];
    await train({
      config: settings,
      data: { train: made.slice(0, 5), validation: made.slice(5) },
      observer: { epochDone: (record) => void records.push(record) },
    });
    expect(records.at(-1)!.tre).toBeLessThan(records[0]!.tre as number);
    expect(() => config({ supervise: 'landmarks', augmentFlip: true })).toThrow(/do not move landmarks/);
  });
});

describe('a symmetric training', () => {
  const extent = [16, 16, 16] as const;
  const settings = (network: string): TrainingConfig =>
    config({ network, ...(network === 'unet' && { networkOptions: {}, encoder: [4], decoder: [4], remaining: [4] }) });

  it.each(['unet', 'pyramid'])(
    'knows what undoes the displacement of a %s, also behind another network',
    async (name) => {
      const chosen = networkOf(settings(name));
      const graph = new Graph('inverse');
      const [moving, fixed] = ['moving', 'fixed'].map((side) => graph.input(side, [1, 1, ...extent])) as [
        Tensor,
        Tensor,
      ];
      const stage = (seed: number) => {
        const specs = networkParameters(chosen, 0.05);
        const values = graph.constant(initialParameters(specs, seed));
        return { network: chosen, parameters: unpackParameters(values, specs), reduction: 1 };
      };
      const features = await fastestFeatures();
      const { displacement, inverse } = registerInStages(moving, fixed, [stage(1), stage(2)], features);
      const program = await compile(graph, { displacement, there: composed(displacement, inverse!()) });
      const [a, b] = cases as [PreparedVolume, PreparedVolume];
      const found = await program.run({ moving: a.values, fixed: b.values });
      // Near the border the two leave the grid.
      const inner = (values: Float32Array): number => {
        let most = 0;
        for (let c = 0; c < 3; c++)
          for (let k = 4; k < 12; k++)
            for (let j = 4; j < 12; j++)
              for (let i = 4; i < 12; i++) most = Math.max(most, Math.abs(values[i + 16 * (j + 16 * (k + 16 * c))]!));
        return most;
      };
      expect(inner(found.displacement!)).toBeGreaterThan(0.1);
      expect(inner(found.there!)).toBeLessThan(0.2 * inner(found.displacement!));
    },
  );

  it('learns, with labels and without, and says what it needs', async () => {
    for (const more of [{}, { supervise: 'labels' }, { loss: 'pswd', lossOptions: { patch: 5, directions: 4 } }]) {
      const { state } = await trained(config({ symmetric: true, epochs: 4, ...more }));
      expect(Math.min(...state.losses.slice(1))).toBeLessThan(state.losses[0]!);
    }
    await expect(trained(config({ symmetric: true, integrationSteps: 0, epochs: 1 }))).rejects.toThrow(
      /^The setting "symmetric" needs an invertible deformation/,
    );
  });
});

describe('the rate and the mean of the weights', () => {
  it('rises evenly, then follows the schedule', () => {
    expect(scheduledRate('constant', 2, 0.05, 0.1)).toBe(1);
    expect(scheduledRate('constant', 2, 0.1, 0.1)).toBe(2);
    expect(scheduledRate('cosine', 2, 0.5, 0.1)).toBeCloseTo(1);
    expect(scheduledRate('cosine', 2, 0, 0)).toBe(2);
  });

  it('is the mean that a share leaves, and soon forgets the start', () => {
    expect(averaged(Float32Array.of(1), Float32Array.of(2), 0.75, 1000)[0]).toBeCloseTo(1.25);
    expect(averaged(Float32Array.of(1), Float32Array.of(2), 0.75, 1)[0]).toBeCloseTo(2 - 2 / 11);
  });
});
