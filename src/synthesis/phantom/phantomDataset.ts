import { UserError } from '../../errors.ts';
import type { Labels, Size, Vec3, Volume } from '../../volume/grid.ts';
import { makePhantomCase } from './phantom.ts';
import { makePhantomAtlas } from './phantomAtlas.ts';

/** Where a phantom data set goes: a folder on disk, an archive, the browser's storage. Paths are relative to its root. */
export interface PhantomWriter {
  image(path: string, volume: Volume): Promise<void>;
  labels(path: string, labels: Labels): Promise<void>;
  text(path: string, content: string): Promise<void>;
}

export interface PhantomDatasetOptions {
  readonly seed: number;
  /** Number of cases, at least 1. */
  readonly count: number;
  /** Voxels; without it, crops of varying size. */
  readonly size?: Size;
  /** Millimetres, default 1 along each axis. */
  readonly spacing?: Vec3;
  readonly onProgress?: (done: number, total: number) => void;
}

function landmarksCsv(landmarks: readonly Vec3[]): string {
  return ['x,y,z', ...landmarks.map((point) => point.map((mm) => mm.toFixed(4)).join(','))].join('\n').concat('\n');
}

/**
 * Writes phantom cases in the Decathlon's layout: `imagesTr/`, `labelsTr/`, `dataset.json` (last, so that a half-written
 * folder is not taken for a data set), and `landmarksTr/<id>.csv` with columns x, y, z in world millimetres, RAS, whose
 * rows correspond between cases.
 *
 * @throws UserError for a count below 1, or an impossible size or spacing.
 */
export async function writePhantomDataset(writer: PhantomWriter, options: PhantomDatasetOptions): Promise<void> {
  const { seed, count, onProgress, ...grid } = options;
  if (!Number.isInteger(count) || count < 1) {
    throw new UserError(`A phantom data set of ${count} cases is not possible: ask for 1 or more.`);
  }
  const atlas = makePhantomAtlas(seed);
  const training: { image: string; label: string }[] = [];
  for (let index = 0; index < count; index++) {
    const { id, image, labels, landmarks } = makePhantomCase({ seed, index, atlas, ...grid });
    const entry = { image: `imagesTr/${id}.nii.gz`, label: `labelsTr/${id}.nii.gz` };
    await writer.image(entry.image, image);
    await writer.labels(entry.label, labels);
    await writer.text(`landmarksTr/${id}.csv`, landmarksCsv(landmarks));
    training.push({ image: `./${entry.image}`, label: `./${entry.label}` });
    onProgress?.(index + 1, count);
  }
  const description = {
    name: 'Phantom',
    description: `Synthetic hippocampus-like volumes with known correspondence (EarthMorph, seed ${seed})`,
    licence: 'CC0',
    tensorImageSize: '3D',
    modality: { 0: 'synthetic' },
    labels: { 0: 'background', 1: 'Anterior', 2: 'Posterior' },
    numTraining: count,
    numTest: 0,
    training,
    test: [],
  };
  await writer.text('dataset.json', `${JSON.stringify(description, undefined, 1)}\n`);
}
