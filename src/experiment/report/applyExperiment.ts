import { join } from 'node:path';
import { type Dataset, isPaired, openDataset } from '../../dataset/dataset.ts';
import { clause } from '../../dataset/synthetic.ts';
import { UserError } from '../../errors.ts';
import { writeAtomically } from '../../file/atomic.ts';
import { nodeFiles } from '../../file/nodeFiles.ts';
import type { RegisteredPair } from '../../registration/judged.ts';
import { Registrar } from '../../registration/register.ts';
import { type Table, toCsv, toMarkdown } from '../../report/page/table.ts';
import { type TrainingConfig, trainingConfig } from '../../training/configuration.ts';
import { startOf } from '../../training/trainModel.ts';
import { caseAlignmentOf, registerAligned } from '../../workflow/caseAlignments.ts';
import { modalityPicture, type RegisteredBy } from '../../workflow/modalityPicture.ts';
import { writeFigure } from '../../workflow/pairReport.ts';
import { filesOfPair } from '../../workflow/registerPairs.ts';
import type { ExperimentFolder } from '../folder/experimentFolder.ts';
import { measuresOf } from '../protocol/measures.ts';
import type { MethodResult } from '../protocol/results.ts';
import { methodResults } from '../runner/runExperiment.ts';
import { scoreOf, trialModel } from '../runner/runTrial.ts';
import { scoreCells } from './differences.ts';
import { alignmentsOf, labelOf } from './tables.ts';

/** What the models of an experiment are applied to. */
export interface ApplyOptions {
  /** Folder with pairs of two modalities. */
  readonly data: string;
  /** Ids of the cases; all when left out. */
  readonly cases?: readonly string[];
  /** Folder of the table and the figures. */
  readonly out: string;
  /** How pairs are aligned before the network, in place of what the experiment did. */
  readonly align?: TrainingConfig['affine'];
  readonly onCase?: (id: string, done: number, total: number) => void;
}

/**
 * Registers pairs of another data set with the first model of each loss of an experiment. Writes a table of every
 * measure for which the pairs have landmarks or labels (`table.md`, `table.csv`), and for each case the paper's Figure
 * 3 (`<case>.svg`, `.png`).
 * @throws UserError when the data are no pairs of two modalities, lack a case, or a model is not there
 */
export async function applyExperiment(folder: ExperimentFolder, options: ApplyOptions): Promise<Table> {
  const { out, onCase } = options;
  const dataset = await openDataset(options.data, nodeFiles(), { mri: folder.config.mri });
  if (!isPaired(dataset))
    throw new UserError(
      `${options.data} holds no pairs of two modalities; give a folder in the layout of RESECT or DeepReg.`,
    );
  const ids = options.cases ?? dataset.cases.map(({ id }) => id);
  const missing = ids.find((id) => !dataset.cases.some((each) => each.id === id));
  if (missing !== undefined)
    throw new UserError(
      `${options.data} has no pair "${missing}"; it has ${dataset.cases.map(({ id }) => id).join(', ')}.`,
    );
  const models = await openModels(folder, options.align);
  const results = new Map<string, RegisteredBy[]>();
  try {
    for (const [index, id] of ids.entries()) {
      const registered: RegisteredBy[] = [];
      for (const model of models)
        registered.push({ name: model.name, pair: await registerWith(model, dataset, id, out) });
      results.set(id, registered);
      const title = `${dataset.name}, ${id}`;
      const svg = modalityPicture(registered, { title, dataset });
      for (const type of ['svg', 'png']) await writeFigure(join(out, `${id}.${type}`), svg);
      onCase?.(id, index + 1, ids.length);
    }
  } finally {
    for (const { registrar } of models) await registrar.release();
  }
  const table = tableOf(folder, dataset, models, results);
  await writeAtomically(join(out, 'table.md'), toMarkdown(table));
  await writeAtomically(join(out, 'table.csv'), toCsv(table));
  return table;
}

interface AppliedModel {
  readonly name: string;
  readonly registrar: Registrar;
  readonly config: TrainingConfig;
}

async function openModels(folder: ExperimentFolder, align: ApplyOptions['align']): Promise<AppliedModel[]> {
  const done = (await methodResults(folder)).filter(({ trials }) => trials.length > 0);
  if (done.length === 0) throw new UserError(`No training in ${folder.path} is finished and tested yet.`);
  const [rule = 'absolute'] = folder.config.stopping;
  return Promise.all(
    done.map(async (method) => {
      const { trial } = (method.trials[0] as MethodResult['trials'][number]).result;
      const asked = align && { affine: align, ...(align === 'none' ? { affineLoss: undefined } : {}) };
      const config = trainingConfig({ ...trial.settings, ...asked });
      const registrar = new Registrar(await trialModel(folder, trial.id, rule));
      return { name: labelOf(method), registrar, config };
    }),
  );
}

async function registerWith(
  { registrar, config }: AppliedModel,
  dataset: Dataset,
  id: string,
  out: string,
): Promise<RegisteredPair> {
  const own = dataset.cases.find((each) => each.id === id) as Dataset['cases'][number];
  const files = await filesOfPair({ dataset, pairs: [] }, { fixed: own, moving: own });
  return registerAligned(registrar, files, own, caseAlignmentOf(config), {
    folder: join(out, 'alignments'),
    start: startOf(config),
  });
}

function tableOf(
  { config }: ExperimentFolder,
  { name, synthetic }: Dataset,
  models: readonly AppliedModel[],
  results: ReadonlyMap<string, readonly RegisteredBy[]>,
): Table {
  const all = [...results.values()];
  const ids = [...results.keys()];
  const scores = models.map((_, method) =>
    ids.map((id, index) => scoreOf({ fixed: id, moving: id }, (all[index]![method] as RegisteredBy).pair)),
  );
  const measures = measuresOf(scores.flat());
  const alignments = alignmentsOf(
    models.map((model, method) => ({
      label: model.name,
      config: model.config,
      isAligned: scores[method]?.some(({ aligned }) => aligned) ?? false,
    })),
  );
  const data = synthetic ? `${name} (${clause(synthetic)})` : name;
  return {
    caption: `Models of "${config.name}" on ${results.size === 1 ? '1 pair' : `${results.size} pairs`} of ${data}; mean ± SD over pairs.`,
    columns: [{ key: 'loss', heading: 'loss' }, ...measures.map(({ column }) => column)],
    rows: [
      { loss: 'unregistered', ...scoreCells(measures, scores[0] ?? [], 'before') },
      ...alignments.map(({ label, method }) => ({
        loss: label,
        ...scoreCells(measures, scores[method] ?? [], 'aligned'),
      })),
      ...models.map(({ name: loss }, method) => ({ loss, ...scoreCells(measures, scores[method] ?? [], 'after') })),
    ],
  };
}
