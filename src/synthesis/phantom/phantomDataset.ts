import { z } from 'zod';
import { given } from '../../given.ts';
import type { Vec3 } from '../../volume/grid.ts';
import { defineGenerator, manifestOf, sizeSchema } from '../generator.ts';
import { makePhantomCase } from './phantom.ts';
import { makePhantomAtlas } from './phantomAtlas.ts';

/** Edge of a phantom of an experiment in voxels. */
const edge = z.int().min(8).max(256);

function landmarksCsv(landmarks: readonly Vec3[]): string {
  return ['x,y,z', ...landmarks.map((point) => point.map((mm) => mm.toFixed(4)).join(','))].join('\n').concat('\n');
}

/**
 * Phantom cases in the Decathlon's layout: `imagesTr/`, `labelsTr/` and `dataset.json`. This file is written last, so a
 * half-written folder is not taken for a dataset. `landmarksTr/<id>.csv` has columns x, y, z in world millimetres, RAS.
 * Its rows correspond between cases.
 */
export const phantoms = defineGenerator({
  name: 'phantom',
  summary: 'make synthetic scans, with known truth',
  description:
    "Makes synthetic scans that resemble hippocampus crops, with exactly known correspondence. The layout is the Decathlon's: imagesTr, labelsTr, and landmarksTr (RAS mm; a row is the same anatomical point in every case). synthetic.json says that the data is synthetic, and how it was made. The same seed gives the same files.",
  schema: z.strictObject({
    cases: z.int().min(1).default(12).describe('number of cases'),
    seed: z.int().min(0).default(1).describe('which data set'),
    size: sizeSchema(1, 512, '48,64,48')
      .optional()
      .describe('voxels')
      .meta({ placeholder: 'x,y,z', otherwise: 'crops of varying size' }),
    spacing: z.number().min(0.01).max(100).default(1).describe('edge of a voxel').meta({ placeholder: 'mm' }),
  }),
  paired: false,
  inExperiments: {
    name: 'phantom',
    prefix: 'phantom',
    shape: {
      cases: z.int().min(6).max(1000).default(24),
      size: z.tuple([edge, edge, edge]).default([24, 32, 24]),
      spacing: z.number().min(0.01).max(100).default(1.75),
      seed: z.int().min(0).default(1),
    },
  },
  synthetic: () => ({
    kind: 'synthetic',
    description:
      'The images are phantoms, made by EarthMorph with known correspondence. No patient was scanned for them.',
  }),
  async make({ cases, seed, size, spacing }, { writer, onProgress }) {
    const atlas = makePhantomAtlas(seed);
    const grid = { ...given({ size }), spacing: [spacing, spacing, spacing] as Vec3 };
    const training: { image: string; label: string }[] = [];
    for (let index = 0; index < cases; index++) {
      const { id, image, labels, landmarks } = makePhantomCase({ seed, index, atlas, ...grid });
      const entry = { image: `imagesTr/${id}.nii.gz`, label: `labelsTr/${id}.nii.gz` };
      await writer.image(entry.image, image);
      await writer.labels(entry.label, labels);
      await writer.text(`landmarksTr/${id}.csv`, landmarksCsv(landmarks));
      training.push({ image: `./${entry.image}`, label: `./${entry.label}` });
      onProgress?.(index + 1, cases);
    }
    const description = `Synthetic hippocampus-like volumes with known correspondence (EarthMorph, seed ${seed})`;
    const words = { name: 'Phantom', description, labels: { 0: 'background', 1: 'Anterior', 2: 'Posterior' } };
    await writer.text('dataset.json', manifestOf(words, training));
    return {};
  },
});
