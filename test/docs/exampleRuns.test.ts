import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as graph from '../../src/graph/index.ts';
import * as everywhere from '../../src/index.ts';
import * as node from '../../src/node.ts';
import { identity } from '../../src/volume/matrix.ts';
import { publicFunctions } from './publicFunctions.ts';

/** Examples that a test cannot run, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  fetchArchive: 'it downloads',
  trainModel: 'it trains for minutes',
  trainingRun: 'it trains for minutes',
};

const library = { ...everywhere, ...node };
const { encodeNifti, encodeItkTransform, landmarksOfLabels, makePhantomCase, trueWarp } = everywhere;
let folder = '';
/** What examples speak of without making it, as `docs/library.md` tells readers. */
let context: Record<string, unknown> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earthmorph-examples-'));
  const at = (name: string): string => join(folder, name);
  const phantom = (index: number) =>
    makePhantomCase({ seed: 1, index, size: [24, 32, 24], spacing: [1.75, 1.75, 1.75] });
  const [one, two] = [phantom(0), phantom(1)];
  const [fixed, moving] = [one.image, two.image];
  const field = trueWarp(one, two);
  const [fixedPoints, movingPoints] = [one, two].map(({ labels }) =>
    landmarksOfLabels(labels)
      .slice(0, 2)
      .map(({ first }) => first),
  );
  for (const name of ['fixed', 'moving', 'moved']) await node.writeVolume(at(`${name}.nii.gz`), fixed);
  for (const name of ['labels', 'moved-labels']) await node.writeLabels(at(`${name}.nii.gz`), one.labels);
  for (const name of ['warp', '1Warp']) await node.writeWarp(at(`${name}.nii.gz`), field);
  // Any of ITK's transforms is read, whatever its name ends with.
  await writeFile(at('0GenericAffine.tfm'), encodeItkTransform(identity));
  const generator = everywhere.generators().get('phantom')!;
  await node.makeDataset(at('scans'), generator, { cases: 6, seed: 1, size: [24, 32, 24] });
  const tensors = new graph.Graph('examples');
  const volume = (name: string) => tensors.input(name, [1, 1, 48, 48, 48]);
  const landmarks = { fixed: fixedPoints!, moving: movingPoints! };
  const before = { name: 'before', moved: moving, landmarks: landmarks.moving };
  context = {
    ...library,
    z,
    graph,
    fixed,
    moving,
    fixedLabels: one.labels,
    movingLabels: two.labels,
    movedLabels: two.labels,
    fixedPoints,
    movingPoints,
    field,
    matrix: identity,
    model: await node.readModel(),
    bytes: await encodeNifti(fixed),
    text: encodeItkTransform(identity),
    error: new everywhere.UserError('An example of a mistake.'),
    ids: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
    dataset: await node.openDataset(at('scans'), node.nodeFiles()),
    pairsOfScans: [{ fixed, moving }],
    one,
    two,
    a: volume('a'),
    b: volume('b'),
    flow: tensors.input('flow', [1, 3, 48, 48, 48]),
    layout: everywhere.layouts()[0],
    similarity: everywhere.similarities().get('mse'),
    regulariser: everywhere.regularisers().get('diffusion'),
    measure: everywhere.measures().get('dice'),
    family: everywhere.networks().get('unet'),
    optimiser: everywhere.optimisers().get('adam'),
    generator,
    writer: { image: nothing, labels: nothing, warp: nothing, text: nothing },
    modalities: {
      title: 'Two modalities',
      fixed,
      fixedName: 'ultrasound',
      movingName: 'MRI',
      fixedLandmarks: landmarks.fixed,
      methods: [before],
    },
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function nothing(): Promise<void> {}

/** An example whose files lie in the folder of this test. */
function placed(example: string): string {
  return example
    .replace(/'(inverse:)?([\w-]+)\.(nii\.gz|mat)'/g, (_, from = '', name, ending) =>
      JSON.stringify(`${from}${join(folder, `${name}.${ending === 'mat' ? 'tfm' : ending}`)}`),
    )
    .replace(/'(scans|data\/Task04_Hippocampus)'/g, JSON.stringify(join(folder, 'scans')))
    .replace("'made'", JSON.stringify(join(folder, 'made')))
    .replace("'runs/fine'", "'hippocampus'");
}

async function run(example: string, more: Record<string, unknown> = {}): Promise<void> {
  const all = { ...context, ...more };
  const { outputText } = ts.transpileModule(`async () => {${placed(example)}\n}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  const call = new Function(...Object.keys(all), `return (${outputText.trim().replace(/;$/, '')})()`);
  await call(...Object.values(all));
}

/** What takes the place of `bytes` and `text`, where they hold something else than a scan and a transform. */
async function inPlace(name: string): Promise<Record<string, unknown>> {
  const { field, fixedLabels } = context as { field: everywhere.Warp; fixedLabels: everywhere.Labels };
  if (name === 'decodeWarp') return { bytes: await encodeNifti(field) };
  if (name === 'toLabels') return { bytes: await encodeNifti(fixedLabels) };
  if (name === 'decodeModel') return { bytes: await readFile(node.shippedModel()) };
  if (name === 'decodeTag') return { text: 'MNI Tag Point File\nVolumes = 2;\nPoints =\n 1 2 3 4 5 6 "";\n' };
  return {};
}

describe('the example of', () => {
  it.each(publicFunctions().filter(({ name }) => NOT_RUN[name] === undefined))(
    '$name runs',
    async ({ name, example }) => {
      await run(example as string, await inPlace(name));
    },
  );

  it('a wrong example would fail', async () => {
    await expect(run("await readVolume('nowhere.nii.gz')")).rejects.toThrow(/nowhere/);
  });
});
