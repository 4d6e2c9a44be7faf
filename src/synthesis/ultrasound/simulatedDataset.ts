import { z } from 'zod';
import { baseName } from '../../dataset/paths.ts';
import { UserError } from '../../errors.ts';
import { given } from '../../given.ts';
import { mean, standardDeviation } from '../../metric/statistics.ts';
import { mapTriple } from '../../triple.ts';
import type { Size } from '../../volume/grid.ts';
import { encodeTag } from '../../volume/tagFile.ts';
import { type DataReader, type DataWriter, defineGenerator, sizeSchema } from '../generator.ts';
import { makeBrainPhantom, type Subject } from './brainPhantom.ts';
import { findMri, type MriFiles } from './mriSources.ts';
import { subjectFromMri } from './mriSubject.ts';
import { type SimulatedCase, simulateCase } from './simulatedCase.ts';

/** RESECT's mean over cases before registration, as the paper states it, mm. */
const RESECT_INITIAL_ERROR = 5.3;

const DEFAULT_SIZE: Size = [112, 112, 104];

/** Voxels of a region as large as the default one. */
function sizeAt(spacing: number): Size {
  return mapTriple(DEFAULT_SIZE, (n) => Math.round(n / spacing));
}

/**
 * Simulated cases in RESECT's layout, with the true warp beside them: `CaseN/MRI/CaseN-T1.nii.gz` and
 * `CaseN-FLAIR.nii.gz`, `CaseN/US/CaseN-US-before.nii.gz`, `CaseN/Landmarks/CaseN-MRI-beforeUS.tag` (columns 1 to 3
 * MRI, 4 to 6 ultrasound) and `CaseN/Truth/CaseN-US-to-MRI-warp.nii.gz`. Of each case `synthetic.json` has the file
 * whose MRI it is, or `synthetic`, the number of landmarks, and their mean distance before registration in mm.
 */
export const simulatedUltrasound = defineGenerator({
  name: 'simulate-us',
  summary: 'simulate ultrasound from MRI, with known truth',
  description:
    "Simulates brain ultrasound from synthetic or real MRI, with an exactly known deformation. The layout is RESECT's: CaseN/MRI, CaseN/US, CaseN/Landmarks (exact pairs), and CaseN/Truth (the true warp, ultrasound to MRI). synthetic.json says that the data is simulated, and how. The same seed gives the same files.",
  schema: z.strictObject({
    cases: z.int().min(1).default(22).describe('number of cases'),
    seed: z.int().min(0).default(1).describe('which data set'),
    mri: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('real MRI to simulate from: files or folders, used in turn; preferably skull-stripped')
      .meta({ placeholder: 'paths...', otherwise: 'synthetic brains' }),
    spacing: z
      .number()
      .min(0.2)
      .max(5)
      .optional()
      .describe('voxel edge of the ultrasound and of synthetic MRI')
      .meta({ placeholder: 'mm', otherwise: '1; with --mri that of the MRI' }),
    shift: z
      .number()
      .positive()
      .max(15)
      .default(RESECT_INITIAL_ERROR)
      .describe('mean distance of landmarks before registration, over all cases')
      .meta({ placeholder: 'mm' }),
    size: sizeSchema(8, 512, '112,112,104')
      .optional()
      .describe('size of synthetic MRI in voxels')
      .meta({ placeholder: 'x,y,z', otherwise: '112×112×104 mm' }),
  }),
  paired: true,
  inExperiments: {
    name: 'simulated-us',
    prefix: 'simulated',
    shape: {
      cases: z.int().min(3).max(1000).default(22),
      spacing: z.number().min(0.3).max(10).default(1),
      seed: z.int().min(0).default(1),
    },
  },
  synthetic: ({ mri }) => ({
    kind: 'simulated',
    description: `${mri ? 'The MRI is real' : 'The MRI shows synthetic brains'}; the ultrasound is simulated from it, and the deformation between them is drawn at random and known exactly. No patient was scanned by ultrasound for this.`,
  }),
  async make(settings, { writer, reader, onProgress }) {
    const { cases: count, seed, mri, shift } = settings;
    if (mri && settings.size) throw new UserError('The size is that of synthetic MRI; leave it out with real MRI.');
    const sources = mri && reader ? await findMri(mri, reader.files) : [];
    const spacing = settings.spacing ?? (mri ? undefined : 1);
    const size = mri ? undefined : (settings.size ?? sizeAt(spacing ?? 1));
    const cases: { id: string; mri: string; landmarks: number; initialDistance: number }[] = [];
    for (let index = 0; index < count; index++) {
      const source = sources[index % sources.length];
      const subject =
        source && reader
          ? await readSubject(source, reader, seed, index)
          : makeBrainPhantom(seed, index, size ?? DEFAULT_SIZE, spacing ?? 1);
      // Whoever waits for something else, such as Ctrl-C, has a turn.
      await new Promise((resolve) => setTimeout(resolve));
      const made = simulateCase(subject, { seed, index, shift, ...given({ spacing }) });
      const id = `Case${index + 1}`;
      await writeCase(writer, id, made, source !== undefined);
      cases.push({
        id,
        mri: source ? baseName(source.t1) : 'synthetic',
        landmarks: made.landmarks.length,
        initialDistance: Number(made.initialDistance.toFixed(4)),
      });
      onProgress?.(index + 1, count);
    }
    const distances = cases.map(({ initialDistance }) => initialDistance);
    const sd = count > 1 ? ` ± ${standardDeviation(distances).toFixed(2)}` : '';
    return {
      // Where the MRI lay says nothing to others.
      settings: { cases: count, seed, shift, ...given({ spacing, size, mri: mri?.map(baseName) }) },
      cases,
      remark: `landmarks are ${mean(distances).toFixed(2)}${sd} mm apart before registration`,
    };
  },
});

async function readSubject(
  { t1, flair }: MriFiles,
  { volume }: DataReader,
  seed: number,
  index: number,
): Promise<Subject> {
  return subjectFromMri(await volume(t1), flair === undefined ? undefined : await volume(flair), seed, index);
}

async function writeCase(writer: DataWriter, id: string, made: SimulatedCase, isReal: boolean): Promise<void> {
  await writer.image(`${id}/MRI/${id}-T1.nii.gz`, made.t1);
  if (made.flair) await writer.image(`${id}/MRI/${id}-FLAIR.nii.gz`, made.flair);
  await writer.image(`${id}/US/${id}-US-before.nii.gz`, made.ultrasound);
  const comment = `${id}: MRI-beforeUS landmarks. SIMULATED by EarthMorph: ${isReal ? 'real MRI' : 'synthetic MRI'}, simulated ultrasound, exact correspondence`;
  const landmarks = made.landmarks.map((pair, n) => ({
    name: String(n + 1),
    first: pair.mri,
    second: pair.ultrasound,
  }));
  await writer.text(`${id}/Landmarks/${id}-MRI-beforeUS.tag`, encodeTag(landmarks, comment));
  await writer.warp(`${id}/Truth/${id}-US-to-MRI-warp.nii.gz`, made.warp);
}
