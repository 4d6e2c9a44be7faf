import { UserError } from '../../errors.ts';
import type { Size, Volume, Warp } from '../../volume/grid.ts';
import { encodeTag } from '../../volume/tagFile.ts';
import { makeBrainPhantom, type Subject } from './brainPhantom.ts';
import { subjectFromMri } from './mriSubject.ts';
import { type SimulatedCase, simulateCase } from './simulatedCase.ts';

/** Where a simulated data set goes. Paths are relative to its root. */
export interface SimulationWriter {
  image(path: string, volume: Volume): Promise<void>;
  warp(path: string, warp: Warp): Promise<void>;
  text(path: string, content: string): Promise<void>;
}

/** A real MRI that cases are made of. */
export interface MriSource {
  /** What `simulation.json` calls it. */
  readonly name: string;
  read(): Promise<{ readonly t1: Volume; readonly flair?: Volume }>;
}

export interface SimulationOptions {
  readonly seed: number;
  /** Number of cases, at least 1. */
  readonly count: number;
  /** Mean over cases of the landmarks' distance before registration, mm; default that of RESECT. */
  readonly shift?: number;
  /** Voxels of a synthetic MRI. */
  readonly size?: Size;
  /** Voxels in mm, of a synthetic MRI and of the ultrasound; default 1, with real MRI its finest. */
  readonly spacing?: number;
  /** Real MRI, in turn; without any, synthetic brains. */
  readonly mri?: readonly MriSource[];
  readonly onProgress?: (done: number, total: number) => void;
}

/** A case as `simulation.json` lists it. */
export interface SimulatedCaseSummary {
  readonly id: string;
  /** The file whose MRI it is, or `synthetic`. */
  readonly mri: string;
  readonly landmarks: number;
  /** Mean distance of the landmarks before registration, mm. */
  readonly initialDistance: number;
}

/** What `simulation.json` says. */
export interface Simulation {
  /** Always true: whoever reports on this data must say so. */
  readonly simulated: true;
  readonly description: string;
  readonly seed: number;
  readonly settings: { readonly shift: number; readonly spacing: number | null; readonly size: Size | null };
  readonly cases: readonly SimulatedCaseSummary[];
}

/** RESECT's mean over cases before registration, as the paper states it, mm. */
export const RESECT_INITIAL_ERROR = 5.3;

const DEFAULT_SIZE: Size = [112, 112, 104];

/** Voxels of a region as large as the default one. */
function sizeAt(spacing: number): Size {
  return DEFAULT_SIZE.map((n) => Math.round(n / spacing)) as unknown as Size;
}

function describe(real: boolean): string {
  const mri = real ? 'The MRI is real' : 'The MRI shows synthetic brains';
  return `${mri}; the ultrasound is simulated from it, and the deformation between them is drawn at random and known exactly. No patient was scanned by ultrasound for this.`;
}

/**
 * Writes simulated cases in RESECT's layout, with the true warp beside them: `CaseN/MRI/CaseN-T1.nii.gz` and
 * `CaseN-FLAIR.nii.gz`, `CaseN/US/CaseN-US-before.nii.gz`, `CaseN/Landmarks/CaseN-MRI-beforeUS.tag` (columns 1 to 3 MRI,
 * 4 to 6 ultrasound), `CaseN/Truth/CaseN-US-to-MRI-warp.nii.gz`, and `simulation.json` last, so that a half-written
 * folder is not taken for a data set.
 *
 * @throws UserError for settings that are not possible, and an MRI that is too small or empty.
 */
export async function writeSimulation(writer: SimulationWriter, options: SimulationOptions): Promise<Simulation> {
  const { seed, count, shift = RESECT_INITIAL_ERROR, mri = [], onProgress } = options;
  checkSettings(options);
  const spacing = options.spacing ?? (mri.length > 0 ? undefined : 1);
  const size = mri.length > 0 ? undefined : (options.size ?? sizeAt(spacing ?? 1));
  const cases: SimulatedCaseSummary[] = [];
  for (let index = 0; index < count; index++) {
    const source = mri[index % mri.length];
    const subject = source
      ? await readSubject(source, seed, index)
      : makeBrainPhantom(seed, index, size ?? DEFAULT_SIZE, spacing ?? 1);
    // Whoever waits for something else, such as Ctrl-C, has a turn.
    await new Promise((resolve) => setTimeout(resolve));
    const made = simulateCase(subject, { seed, index, shift, ...(spacing !== undefined && { spacing }) });
    const id = `Case${index + 1}`;
    await writeCase(writer, id, made, source?.name);
    cases.push({
      id,
      mri: source?.name ?? 'synthetic',
      landmarks: made.landmarks.length,
      initialDistance: Number(made.initialDistance.toFixed(4)),
    });
    onProgress?.(index + 1, count);
  }
  const simulation: Simulation = {
    simulated: true,
    description: describe(mri.length > 0),
    seed,
    settings: { shift, spacing: spacing ?? null, size: size ?? null },
    cases,
  };
  await writer.text('simulation.json', `${JSON.stringify(simulation, undefined, 2)}\n`);
  return simulation;
}

function checkSettings({ count, shift, spacing }: SimulationOptions): void {
  if (!Number.isInteger(count) || count < 1)
    throw new UserError(`A simulation of ${count} cases is not possible: ask for 1 or more.`);
  if (shift !== undefined && !(shift > 0 && shift <= 15))
    throw new UserError(`A mean misalignment of ${shift} mm is not possible: give more than 0 and at most 15.`);
  if (spacing !== undefined && !(spacing >= 0.2 && spacing <= 5))
    throw new UserError(`Voxels of ${spacing} mm are not possible: give 0.2 to 5.`);
}

async function readSubject(source: MriSource, seed: number, index: number): Promise<Subject> {
  const { t1, flair } = await source.read();
  return subjectFromMri(t1, flair, seed, index);
}

async function writeCase(writer: SimulationWriter, id: string, made: SimulatedCase, mri?: string): Promise<void> {
  await writer.image(`${id}/MRI/${id}-T1.nii.gz`, made.t1);
  if (made.flair) await writer.image(`${id}/MRI/${id}-FLAIR.nii.gz`, made.flair);
  await writer.image(`${id}/US/${id}-US-before.nii.gz`, made.ultrasound);
  const comment = `${id}: MRI-beforeUS landmarks. SIMULATED by EarthMorph: ${mri ? 'real MRI' : 'synthetic MRI'}, simulated ultrasound, exact correspondence`;
  const landmarks = made.landmarks.map((pair, n) => ({
    name: String(n + 1),
    first: pair.mri,
    second: pair.ultrasound,
  }));
  await writer.text(`${id}/Landmarks/${id}-MRI-beforeUS.tag`, encodeTag(landmarks, comment));
  await writer.warp(`${id}/Truth/${id}-US-to-MRI-warp.nii.gz`, made.warp);
}
