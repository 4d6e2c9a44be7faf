import type { Command } from 'commander';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import type { Device } from '../graph/index.ts';
import { alignmentSimilarity } from '../loss/alignmentLoss.ts';
import { chooseSimilarity } from '../loss/registry.ts';
import { chooseRegulariser } from '../loss/regulariser/registry.ts';
import { MOST_PASSES, withPasses } from '../network/model.ts';
import { objectiveSchema } from '../objective/settings.ts';
import type { InitialAlignment } from '../preparation/preprocessing.ts';
import type { AlignmentOptions } from '../registration/alignment/align.ts';
import type { AlignmentKind } from '../registration/alignment/motion.ts';
import { startOfModel } from '../registration/fitting.ts';
import { REFINE_DEFAULTS, type RefineOptions, type RefineProgress, refineSchema } from '../registration/refine.ts';
import { Registrar } from '../registration/register.ts';
import type { Provenance } from '../report/page/htmlPage.ts';
import { trainingSchema } from '../training/configuration.ts';
import { readModel } from '../workflow/modelFile.ts';
import { shippedModels } from '../workflow/shippedModels.ts';
import { deviceOption, optionName, threadsOption } from './options.ts';
import { counted } from './output.ts';
import { addSettingOptions } from './settingsOptions.ts';
import { version } from './version.ts';

/** Loss of a refinement that names none. */
const REFINE_LOSS = 'ncc';

const { steps, grid, rate, seed } = refineSchema.shape;
const trained = trainingSchema.shape;

/** What the options of a model set. The range of each is that of the setting that it stands for. */
const modelSchema = z.strictObject({
  refine: steps
    .unwrap()
    .optional()
    .describe('optimise each pair in so many steps, after the model if there is one; 100 are enough without a model')
    .meta({ placeholder: 'steps' }),
  passes: z
    .int()
    .min(1)
    .max(MOST_PASSES)
    .optional()
    .describe('how often each network of a model registers a pair, one pass behind the other')
    .meta({ placeholder: 'count', otherwise: 'as the model file says, mostly 1' }),
  refineGrid: grid,
  refineRate: rate,
  spacing: trained.spacing
    .unwrap()
    .optional()
    .describe('finest voxels on which the pair is compared; not with --model')
    .meta({ placeholder: 'mm', otherwise: 'those of the fixed scan, coarser for a large scan' }),
  seed,
  ...objectiveSchema.shape,
  loss: objectiveSchema.shape.loss.meta({ otherwise: `${REFINE_LOSS}, for --refine` }),
  init: trained.init.describe('start with the centres together (center), or by world coordinates (world)').meta({
    otherwise: 'judged from the pair; with --model, as the model was trained; world in a data set of two modalities',
  }),
  align: trained.affine
    .unwrap()
    .optional()
    .describe('align each pair by one transform first: none, rigid (6 parameters) or affine (12)')
    .meta({ placeholder: 'kind', otherwise: 'planned for each pair; with --model or --refine, none' }),
  alignLoss: trained.affineLoss
    .describe('similarity for --align')
    .meta({ otherwise: 'ncc for one modality, mind for two' }),
  alignLossOptions: z.record(z.string(), z.unknown()).optional().describe('an option of that loss; may be repeated'),
});

/** Options of every command that uses a model. */
export interface ModelOptions {
  readonly model?: string;
  readonly passes?: number;
  readonly loss?: string;
  readonly lossOption?: Readonly<Record<string, unknown>>;
  readonly regulariser?: string;
  readonly regulariserOption?: Readonly<Record<string, unknown>>;
  readonly smoothness?: number;
  readonly init?: InitialAlignment;
  readonly align?: AlignmentKind | 'none';
  readonly alignLoss?: string;
  readonly alignLossOption?: Readonly<Record<string, unknown>>;
  readonly device: Device;
  readonly threads?: number;
  readonly refine?: number;
  readonly refineGrid?: number;
  readonly refineRate?: number;
  readonly spacing?: number;
  readonly seed?: number;
}

/** Adds `--model`, `--init`, `--align`, refinement and its loss, `--device` and `--threads`. */
export function addModelOptions(command: Command): Command {
  command.option(
    '--model <path>',
    `register by a trained network: a model that ships with EarthMorph (${shippedModels().join(', ')}), a run's folder or a model.onnx; none: only --refine or --align (default: no network, and a plan for each pair)`,
  );
  return addSettingOptions(command, modelSchema).addOption(deviceOption()).addOption(threadsOption());
}

/**
 * Loads the model that the options name, and sets up the refinement that they ask for.
 * @throws UserError when options of a refinement or an alignment are given without one
 */
export async function openRegistrar(options: ModelOptions, onRefine?: RefineProgress): Promise<Registrar> {
  const { model: path, passes, device: where, threads, spacing } = options;
  const refine = refinementOf(options);
  const alignment = alignmentOf(options);
  const isModel = path !== undefined && path !== 'none';
  if (spacing !== undefined && isModel)
    throw new UserError('--spacing cannot be used with --model, since a model has its own grid; leave it out.');
  if (passes !== undefined && !isModel) throw new UserError('--passes belongs to a model; give it with --model.');
  const model = isModel ? await readModel(path) : undefined;
  return new Registrar(model && passes !== undefined ? withPasses(model, passes) : model, {
    runtime: { device: where, ...given({ threads }) },
    ...given({ alignment, refine, onRefine, spacing }),
  });
}

/** The refinement that the options ask for, if any. */
function refinementOf(options: ModelOptions): Omit<RefineOptions, 'mask'> | undefined {
  const { refine: steps, refineGrid: grid, refineRate: rate, seed, loss, lossOption, smoothness } = options;
  const { regulariser, regulariserOption } = options;
  if (steps === undefined) {
    // An alignment has use for the seed too.
    const seedUsed = alignmentKind(options) === undefined ? seed : undefined;
    const given = {
      loss,
      lossOption,
      regulariser,
      regulariserOption,
      smoothness,
      refineGrid: grid,
      refineRate: rate,
      seed: seedUsed,
    };
    const useless = Object.entries(given).find(([, value]) => value !== undefined);
    if (useless) throw new UserError(`${optionName(useless[0])} belongs to a refinement; give --refine <steps> too.`);
    return undefined;
  }
  return {
    loss: chooseSimilarity(loss ?? REFINE_LOSS, lossOption),
    regulariser: chooseRegulariser(regulariser, regulariserOption),
    ...given({ smoothness }),
    steps,
    grid: grid ?? REFINE_DEFAULTS.grid,
    rate: rate ?? REFINE_DEFAULTS.rate,
    seed: seed ?? REFINE_DEFAULTS.seed,
  };
}

/** The alignment that the options ask for, if any. */
function alignmentOf(options: ModelOptions): AlignmentOptions | undefined {
  const { alignLoss, alignLossOption, seed } = options;
  const kind = alignmentKind(options);
  if (kind === undefined) {
    if (alignLoss !== undefined || alignLossOption !== undefined)
      throw new UserError(
        `--align-loss${alignLoss === undefined ? '-option' : ''} belongs to an alignment; give --align rigid or --align affine too.`,
      );
    return undefined;
  }
  if (alignLoss === undefined && alignLossOption !== undefined)
    throw new UserError('--align-loss-option belongs to a loss; give it with --align-loss.');
  const loss = alignLoss === undefined ? undefined : alignmentSimilarity(alignLoss, alignLossOption);
  return { kind, ...given({ loss, seed }) };
}

/** The kind of alignment where one is asked for. */
function alignmentKind({ align }: ModelOptions): AlignmentKind | undefined {
  return align === 'none' ? undefined : align;
}

/** How a pair starts: as the options say, else as the model was trained; `fallback` where neither tells. */
export function startOf(
  { init }: ModelOptions,
  { model }: Registrar,
  fallback: InitialAlignment = 'center',
): InitialAlignment {
  return init ?? startOfModel(model, fallback);
}

/** Where the numbers of a report come from: registered without a plan where there is a registrar. */
export function provenanceOf(command: string, options: ModelOptions, registrar?: Registrar): Provenance {
  return {
    Command: command,
    EarthMorph: version,
    Model: options.model ?? 'none',
    ...(registrar && methodOf(options, registrar)),
    Device: options.device,
    Date: new Date().toISOString().slice(0, 10),
  };
}

function methodOf(options: ModelOptions, registrar: Registrar): Provenance {
  const record = registrar.model?.record ?? {};
  const { refine, loss, regulariser, smoothness, alignLoss } = options;
  const align = alignmentKind(options);
  return {
    Alignment: align && `${align}, ${alignLoss ?? 'loss chosen from the pair'}`,
    Refinement:
      refine &&
      `${counted(refine, 'step')}, ${loss ?? REFINE_LOSS}${regulariser === undefined ? '' : `, ${regulariser}`}${smoothness === undefined ? '' : `, smoothness ${smoothness}`}, grid ${options.refineGrid ?? REFINE_DEFAULTS.grid}`,
    'Trained on': record.data && `${record.data} (${record.cases ?? 'cases unknown'})`,
    Loss: record.loss && `${record.loss}, smoothness ${record.smoothness ?? '?'}`,
    'Seed and epoch': record.seed && `${record.seed}, ${record.epoch ?? '?'}`,
    Start: startOf(options, registrar) === 'center' ? 'centres together' : 'world coordinates',
  };
}
