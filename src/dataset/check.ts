import { UserError } from '../errors.ts';
import { tripleAt } from '../triple.ts';
import { sameGrid } from '../volume/checks.ts';
import type { Grid, Labels, Vec3, Volume } from '../volume/grid.ts';
import { determinant, spacingOf } from '../volume/matrix.ts';
import type { Dataset, ImageFiles } from './dataset.ts';

/** Reads the files of a case; throws what makes a file unreadable. */
export interface CaseReader {
  image(path: string): Promise<Volume>;
  labels(path: string): Promise<Labels>;
}

/** Something in one case that stands in the way of using it (`error`) or deserves a look (`warning`). */
export interface Problem {
  readonly case: string;
  readonly severity: 'error' | 'warning';
  /** One sentence. */
  readonly problem: string;
}

/** Smallest, median and largest of a number over the cases. */
export interface Range {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What the readable cases look like. */
interface CheckSummary {
  readonly cases: number;
  readonly withLabels: number;
  /** Voxels along x, y and z. */
  readonly size: readonly Range[];
  /** Millimetres along x, y and z. */
  readonly spacing: readonly Range[];
  /** Volume of every label above 0 in cubic millimetres, over the cases that have it. */
  readonly labelVolume: Readonly<Record<number, Range & { readonly cases: number }>>;
}

/** The outcome of a check: `problems` in the order of the cases. */
export interface CheckReport {
  readonly problems: readonly Problem[];
  readonly summary: CheckSummary;
}

/** A voxel longer than this times its shortest side is worth a warning. */
const ANISOTROPY = 2.5;

/** A spacing off the data set's median by more than this factor is worth a warning. */
const SPACING_FACTOR = 1.5;

/** No scanner gives a value of more, but a changed bit in the exponent of a float does. */
const ABSURD = 1e20;

/** What is kept of a case after its voxels are let go. */
interface Facts {
  readonly id: string;
  readonly size?: Grid['size'];
  readonly spacing?: Vec3;
  /** Cubic millimetres by label above 0; absent when the labels could not be read or there are none. */
  readonly volumes?: ReadonlyMap<number, number>;
}

type Report = (severity: Problem['severity'], problem: string) => void;

function rangeOf(values: readonly number[]): Range {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = (ascending.length - 1) / 2;
  return {
    min: ascending[0]!,
    median: (ascending[Math.floor(middle)]! + ascending[Math.ceil(middle)]!) / 2,
    max: ascending.at(-1)!,
  };
}

async function attempt<T>(read: () => Promise<T>, what: string, report: Report): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    // A UserError names the file and the fault; any other reader error is just as much a property of the file.
    const reason = error instanceof Error ? error.message : String(error);
    report('error', error instanceof UserError ? reason : `The ${what} cannot be read: ${reason}`);
    return undefined;
  }
}

function checkIntensities(data: Float32Array, report: Report): void {
  let unusable = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (!Number.isFinite(value)) unusable++;
    else {
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (unusable > 0) report('error', `${unusable} of ${data.length} voxels are not a number (NaN or infinite).`);
  else if (min === max) report('error', `The image is constant: every voxel is ${min}.`);
  const largest = Math.max(Math.abs(min), Math.abs(max));
  if (Number.isFinite(largest) && largest > ABSURD)
    report('warning', `The image has values of up to ${largest.toPrecision(2)}, which suggests a damaged file.`);
}

function millimetres(spacing: Vec3): string {
  return `${spacing.map((mm) => Number(mm.toPrecision(4))).join(' × ')} mm`;
}

function labelVolumes(labels: Labels): Map<number, number> {
  const voxel = Math.abs(determinant(labels.affine));
  const counts = new Map<number, number>();
  for (const label of labels.data) if (label !== 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => a - b).map(([label, count]) => [label, count * voxel]));
}

async function examine(
  id: string,
  { image: imagePath, labels: labelsPath }: ImageFiles,
  labelsExpected: boolean,
  reader: CaseReader,
  report: Report,
): Promise<Facts> {
  const image = await attempt(() => reader.image(imagePath), 'image', report);
  if (image) {
    checkIntensities(image.data, report);
    const spacing = spacingOf(image.affine);
    if (Math.max(...spacing) > ANISOTROPY * Math.min(...spacing)) {
      report('warning', `The voxels are very anisotropic: ${millimetres(spacing)}.`);
    }
  }
  if (labelsPath === undefined && labelsExpected)
    report('warning', 'There are no labels, though other cases have them.');
  const labels =
    labelsPath === undefined ? undefined : await attempt(() => reader.labels(labelsPath), 'labels', report);
  const volumes = labels && labelVolumes(labels);
  if (volumes?.size === 0) report('error', 'The labels are empty: every voxel is background.');
  if (image && labels && !sameGrid(image, labels)) {
    const sizes = [image.size.join('×'), labels.size.join('×')];
    report(
      'error',
      sizes[0] === sizes[1]
        ? 'Image and labels have different positions, spacings or directions in their headers.'
        : `Image and labels have different sizes: ${sizes[0]} and ${sizes[1]} voxels.`,
    );
  }
  return {
    id,
    ...(image && { size: image.size, spacing: spacingOf(image.affine) }),
    ...(volumes && { volumes }),
  };
}

/** What can only be seen against the other cases. */
function compare(facts: readonly Facts[], dataset: Dataset, problems: Problem[]): void {
  const spacings = facts.flatMap(({ spacing }) => (spacing ? [spacing] : []));
  const median = [0, 1, 2].map((axis) => rangeOf(spacings.map((spacing) => spacing[axis]!)).median);
  const sets = new Map<string, number>();
  for (const { volumes } of facts) {
    if (!volumes?.size) continue;
    const key = [...volumes.keys()].join(', ');
    sets.set(key, (sets.get(key) ?? 0) + 1);
  }
  const usual = [...sets].sort((a, b) => b[1] - a[1])[0]?.[0];
  const named = new Set(Object.keys(dataset.labelNames).map(Number));
  for (const { id, spacing, volumes } of facts) {
    if (spacing?.some((mm, axis) => Math.max(mm / median[axis]!, median[axis]! / mm) > SPACING_FACTOR)) {
      const typical = millimetres(tripleAt(median));
      problems.push({
        case: id,
        severity: 'warning',
        problem: `The spacing ${millimetres(spacing)} is far from the data set's median ${typical}.`,
      });
    }
    if (!volumes?.size) continue;
    const labels = [...volumes.keys()];
    const unknown = named.size > 0 ? labels.filter((label) => !named.has(label)) : [];
    if (unknown.length > 0) {
      problems.push({
        case: id,
        severity: 'warning',
        problem: `The labels hold ${unknown.join(', ')}, which the data set does not name.`,
      });
    } else if (usual !== undefined && labels.join(', ') !== usual) {
      problems.push({
        case: id,
        severity: 'warning',
        problem: `The labels are ${labels.join(', ')}, while most cases have ${usual}.`,
      });
    }
  }
}

function summarise(facts: readonly Facts[]): CheckSummary {
  const read = facts.filter(({ size }) => size !== undefined);
  const axes = read.length === 0 ? [] : [0, 1, 2];
  const volumes = new Map<number, number[]>();
  for (const fact of facts) {
    for (const [label, volume] of fact.volumes ?? []) volumes.set(label, [...(volumes.get(label) ?? []), volume]);
  }
  return {
    cases: facts.length,
    withLabels: facts.filter((fact) => fact.volumes !== undefined).length,
    size: axes.map((axis) => rangeOf(read.map((fact) => fact.size![axis]!))),
    spacing: axes.map((axis) => rangeOf(read.map((fact) => fact.spacing![axis]!))),
    labelVolume: Object.fromEntries(
      [...volumes].map(([label, values]) => [label, { ...rangeOf(values), cases: values.length }]),
    ),
  };
}

/**
 * Reads every image and segmentation of a data set and reports what is wrong. Files: unreadable, or one of two
 * modalities missing. Images: constant, NaN, odd spacings. Labels: empty, missing, on another grid, an odd set.
 * Holds one case in memory at a time. Open the data set with `requireFiles: false` to have missing files reported here.
 *
 * @param onProgress Called after each case.
 * @example const { problems } = await checkDataset(dataset, { image: readVolume, labels: readLabels })
 */
export async function checkDataset(
  dataset: Dataset,
  reader: CaseReader,
  onProgress?: (done: number, total: number) => void,
): Promise<CheckReport> {
  const labelsExpected = dataset.cases.some(({ labels }) => labels !== undefined);
  const movingLabelsExpected = dataset.cases.some(({ moving }) => moving?.labels !== undefined);
  const landmarksExpected = dataset.cases.some(({ landmarks }) => landmarks !== undefined);
  const problems: Problem[] = [];
  const facts: Facts[] = [];
  for (const [index, each] of dataset.cases.entries()) {
    const report: Report = (severity, problem) => problems.push({ case: each.id, severity, problem });
    facts.push(await examine(each.id, each, labelsExpected, reader, report));
    if (each.moving) {
      const movingReport: Report = (severity, problem) => report(severity, `Moving image: ${problem}`);
      await examine(each.id, each.moving, movingLabelsExpected, reader, movingReport);
    }
    if (landmarksExpected && !each.landmarks)
      report('warning', 'There are no landmarks, though other cases have them.');
    onProgress?.(index + 1, dataset.cases.length);
  }
  compare(facts, dataset, problems);
  const order = new Map(dataset.cases.map(({ id }, index) => [id, index]));
  problems.sort((a, b) => order.get(a.case)! - order.get(b.case)!);
  for (const { id, lacks } of dataset.incomplete ?? [])
    problems.push({
      case: id,
      severity: 'warning',
      problem: `It has no ${lacks}, so it is not a pair and is left out.`,
    });
  return { problems, summary: summarise(facts) };
}
