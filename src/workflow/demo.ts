import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fixedPairs } from '../dataset/pairs.ts';
import { UserError } from '../errors.ts';
import { writeAtomically } from '../file/atomic.ts';
import { given } from '../given.ts';
import type { RuntimeOptions } from '../graph/index.ts';
import { isWatched, measures, valueIn } from '../metric/measures.ts';
import { rowOf } from '../metric/measureText.ts';
import { mean } from '../metric/statistics.ts';
import { targetRegistrationError } from '../metric/tre.ts';
import { onePairReport, pairFigure } from '../outcome/onePairReport.ts';
import type { RegisteredPair } from '../registration/judged.ts';
import { Registrar } from '../registration/register.ts';
import { type Cell, summarise, type Table } from '../report/page/table.ts';
import { makePhantomCase, type PhantomCase } from '../synthesis/phantom/phantom.ts';
import { makePhantomAtlas } from '../synthesis/phantom/phantomAtlas.ts';
import { phantoms } from '../synthesis/phantom/phantomDataset.ts';
import type { Size, Vec3 } from '../volume/grid.ts';
import { applyToPoints } from '../volume/matrix.ts';
import { warpPoints } from '../volume/warp.ts';
import { makeDataset } from './makeDataset.ts';
import { readModel } from './modelFile.ts';
import { writeFigure } from './pairReport.ts';
import { registerFiles } from './registerFiles.ts';
import { type TrainingRunObserver, trainingRun } from './trainingRun.ts';

const SEED = 1;
const CASES = 120;
const SIZE: Size = [24, 32, 24];
const SPACING: Vec3 = [1.75, 1.75, 1.75];

/** Settings of the demonstration's training: small enough to wait for. */
const SETTINGS = {
  loss: 'mse',
  smoothness: 1,
  pad: 32,
  size: 32,
  spacing: SPACING[0],
  outside: 'edge',
  mask: true,
  halfResolution: true,
  integrationSteps: 5,
  pairsPerEpoch: 160,
  rate: 1e-3,
  clipGradient: 0.2,
  schedule: 'cosine',
  flowDeviation: 1e-3,
  epochs: 11,
  patience: 11,
  seed: SEED,
};

/** Options of {@link runDemo}. */
interface DemoOptions {
  /** New or empty folder for data, run and report. */
  readonly out: string;
  readonly version: string;
  readonly runtime?: RuntimeOptions;
  readonly onCase?: (done: number, total: number) => void;
  readonly observer?: TrainingRunObserver;
}

/** What the demonstration measured on held-out pairs, before and after registration. */
interface DemoResult {
  readonly pairs: number;
  /** Mean over pairs, mm. */
  readonly landmarkErrorBefore: number;
  readonly landmarkErrorAfter: number;
  readonly table: Table;
  readonly report: string;
  readonly figure: string;
}

/**
 * The main job without any data: makes phantom cases whose truth is known, trains a small network on some, registers
 * held-out ones and compares landmarks and labels with the truth.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  await clearPreviousDemo(options.out);
  const data = join(options.out, 'data');
  const run = join(options.out, 'run');
  const grid = { seed: SEED, size: SIZE, spacing: SPACING };
  const asked = { cases: CASES, seed: SEED, size: [...SIZE], spacing: SPACING[0] };
  const { synthetic } = await makeDataset(data, phantoms, asked, options.onCase);
  const { stored } = await trainingRun({
    out: run,
    data,
    settings: SETTINGS,
    split: { train: 0.8, validation: 0.1, test: 0.1 },
    resume: false,
    version: options.version,
    ...given({ runtime: options.runtime, observer: options.observer }),
  });
  const registrar = new Registrar(await readModel(run), options.runtime ? { runtime: options.runtime } : {});
  const atlas = makePhantomAtlas(SEED);
  const caseOf = (id: string): PhantomCase => makePhantomCase({ ...grid, index: Number(id.split('_')[1]) - 1, atlas });
  const file = (kind: string, id: string): string => join(data, kind, `${id}.nii.gz`);
  const rows: Measured[] = [];
  for (const pair of fixedPairs(stored.split.test, SEED, 'demo')) {
    const registered = await registerFiles(
      registrar,
      {
        fixed: file('imagesTr', pair.fixed),
        moving: file('imagesTr', pair.moving),
        fixedLabels: file('labelsTr', pair.fixed),
        movingLabels: file('labelsTr', pair.moving),
      },
      'center',
    );
    const from = caseOf(pair.fixed).landmarks;
    const to = caseOf(pair.moving).landmarks;
    rows.push({
      ...pair,
      registered,
      before: targetRegistrationError(applyToPoints(registered.start, from), to).mean,
      after: targetRegistrationError(warpPoints(registered.warp, from), to).mean,
    });
  }
  await registrar.release();
  const shown = rows[0] as Measured;
  const report = join(options.out, 'report.html');
  const figure = join(options.out, 'figure.png');
  const title = `${shown.moving} moved onto ${shown.fixed}`;
  await writeFigure(figure, pairFigure(shown.registered, title, { note: synthetic.description }));
  await writeAtomically(
    report,
    onePairReport(shown.registered, shown, {
      Command: 'earthmorph demo',
      EarthMorph: options.version,
      Data: `${CASES} synthetic cases; nothing here is a real scan`,
      Training: `${stored.config.epochs} epochs of ${SETTINGS.pairsPerEpoch} pairs, loss ${SETTINGS.loss}, seed ${SEED}`,
      'Landmark error of this pair': `${shown.before.toFixed(2)} → ${shown.after.toFixed(2)} mm`,
    }),
  );
  return {
    pairs: rows.length,
    landmarkErrorBefore: mean(rows.map(({ before }) => before)),
    landmarkErrorAfter: mean(rows.map(({ after }) => after)),
    table: resultTable(rows),
    report,
    figure,
  };
}

const MARKER = 'made-by-earthmorph-demo.txt';

/** Empties the folder of an earlier demonstration; refuses any other folder that holds files. */
async function clearPreviousDemo(out: string): Promise<void> {
  const entries = await readdir(out).catch((): string[] => []);
  if (entries.length > 0 && !entries.includes(MARKER))
    throw new UserError(`${out} already holds files; give a new or an empty folder with --out.`);
  for (const entry of entries) await rm(join(out, entry), { recursive: true });
  await writeAtomically(
    join(out, MARKER),
    'Everything in this folder is synthetic, and is replaced when the demo runs again.\n',
  );
}

interface Measured {
  readonly fixed: string;
  readonly moving: string;
  readonly registered: RegisteredPair;
  readonly before: number;
  readonly after: number;
}

function resultTable(rows: readonly Measured[]): Table {
  const over = (value: (row: Measured) => number): Cell => summarise(rows.map(value));
  return {
    columns: [
      { key: 'measure', heading: `${rows.length} held-out pairs` },
      { key: 'before', heading: 'before', digits: 3 },
      { key: 'after', heading: 'after', digits: 3 },
    ],
    rows: [
      { measure: 'landmark error (mm)', before: over((row) => row.before), after: over((row) => row.after) },
      ...[...measures().values()].filter(isWatched).flatMap((measure) => {
        const of = (when: 'before' | 'after' | 'deformation'): Cell =>
          over((row) => valueIn(row.registered.assessment[when], measure.key));
        if (measure.needs === 'landmarks') return [];
        const after = of(measure.needs === 'warp' ? 'deformation' : 'after');
        return [{ measure: rowOf(measure), ...(measure.needs === 'labels' ? { before: of('before') } : {}), after }];
      }),
    ],
  };
}
