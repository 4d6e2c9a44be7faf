import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { given } from '../given.ts';
import { alignmentSimilarity } from '../loss/alignmentLoss.ts';
import { chooseSimilarity } from '../loss/registry.ts';
import { chooseRegulariser, DEFAULT_REGULARISER } from '../loss/regulariser/registry.ts';
import { EFFORTS, type Effort, type NamedLoss, type Plan, type PlanChoices } from '../registration/plan.ts';
import { PlannedRegistrar } from '../registration/planned.ts';
import type { Level, PyramidProgress } from '../registration/pyramid/pyramid.ts';
import type { ModelOptions } from './modelOptions.ts';
import { choice, memoryOption, optionName } from './options.ts';

/** Options of a registration that is planned for each pair. */
export interface PlannedOptions extends ModelOptions {
  readonly effort?: Effort;
  readonly modality?: 'same' | 'different';
  readonly levels?: readonly Level[];
  readonly field?: 'velocity' | 'displacement';
  readonly symmetric?: boolean;
  readonly search?: boolean;
  /** Bytes. */
  readonly memory?: number;
}

/** Adds `--effort`, `--modality`, `--levels`, `--field`, `--symmetric`, `--search` and `--memory`. */
export function addPlannedOptions(command: Command): Command {
  return command
    .option('--effort <how>', `time to spend: ${EFFORTS.join(', ')} (default: standard)`, choice(EFFORTS))
    .option(
      '--modality <which>',
      'whether both scans have the same kind of intensities: same or different (default: judged from the scans)',
      choice(['same', 'different'] as const),
    )
    .option(
      '--levels <mm:steps,…>',
      'voxel edge and steps of each level, from coarse to fine, such as 4:40,2:30; none: align only (default: planned)',
      levels,
    )
    .option(
      '--field <kind>',
      'what is optimised: velocity (does not fold) or displacement (default: velocity)',
      choice(['velocity', 'displacement'] as const),
    )
    .option(
      '--symmetric',
      'moves both scans to the middle between them, so that which of them is fixed matters little; takes more time',
    )
    .option(
      '--search',
      'for large motion: looks at all shifts of up to five voxels of the coarsest level first, and keeps what has the lower loss',
    )
    .addOption(memoryOption('memory to take at most, such as 4GB (default: half of what is free)'));
}

const OWN = ['effort', 'modality', 'levels', 'field', 'symmetric', 'search', 'memory'] as const;

/** Whether a pair is planned: neither a model nor a refinement on one grid is asked for. */
export function isPlanned({ model, passes, refine, refineGrid, refineRate }: PlannedOptions): boolean {
  return [model, passes, refine, refineGrid, refineRate].every((value) => value === undefined);
}

/** @throws UserError where an option of a plan is given for another kind of registration */
export function assertNotPlanned(options: PlannedOptions): void {
  const useless = OWN.find((name) => options[name] !== undefined);
  if (useless)
    throw new UserError(
      `${optionName(useless)} cannot be used with --model or --refine, which register without a plan; leave it out.`,
    );
}

/** What registers pairs by a plan for each. */
export function openPlanned(
  options: PlannedOptions,
  choices: PlanChoices,
  onPlan?: (plan: Plan) => void,
  onProgress?: PyramidProgress,
): PlannedRegistrar {
  const { device, threads } = options;
  return new PlannedRegistrar({
    choices,
    runtime: { device, ...given({ threads }), remedy: 'give coarser --levels, or more --memory' },
    ...given({ onPlan, onProgress }),
  });
}

/**
 * The parts of a plan that the options give.
 * @throws UserError where a loss or a regulariser is unknown, or has no such option
 */
export function choicesOf(options: PlannedOptions): PlanChoices {
  const {
    effort,
    modality,
    init: start,
    align,
    smoothness,
    levels: given_,
    field,
    symmetric,
    search,
    seed,
    memory,
    spacing,
  } = options;
  const { loss, lossOption, alignLoss, alignLossOption, regulariser, regulariserOption } = options;
  for (const [name, value, settings] of [
    ['alignLoss', alignLoss, alignLossOption],
    ['loss', loss, lossOption],
  ] as const)
    if (settings !== undefined && value === undefined)
      throw new UserError(`${optionName(`${name}Option`)} belongs to a loss; give it with ${optionName(name)}.`);
  if (align === 'none' && alignLoss !== undefined)
    throw new UserError('--align-loss belongs to an alignment; leave out --align none.');
  if (alignLoss !== undefined) alignmentSimilarity(alignLoss, alignLossOption);
  if (loss !== undefined) chooseSimilarity(loss, lossOption);
  chooseRegulariser(regulariser, regulariserOption);
  const ofRegulariser = regulariser ?? (regulariserOption && DEFAULT_REGULARISER);
  return given({
    effort,
    modality,
    start,
    alignment: align,
    alignmentLoss: named(alignLoss, alignLossOption),
    loss: named(loss, lossOption),
    regulariser: named(ofRegulariser, regulariserOption),
    smoothness,
    levels: given_,
    field,
    symmetric,
    search,
    seed,
    memory,
    finest: spacing,
  });
}

function named(name: string | undefined, options: Readonly<Record<string, unknown>> = {}): NamedLoss | undefined {
  return name === undefined ? undefined : { name, options };
}

/** `4:40,2:30`, or `none`. */
function levels(text: string): Level[] {
  if (text === 'none') return [];
  return text.split(',').map((part) => {
    const [spacing, steps = 30, ...rest] = part
      .split(':')
      .map((word) => (word.trim() === '' ? Number.NaN : Number(word)));
    if (!(spacing! > 0 && spacing! <= 1e4 && Number.isInteger(steps) && steps > 0 && rest.length === 0))
      throw new InvalidArgumentError('It must be none, or mm:steps for each level, such as 4:40,2:30.');
    return { spacing: spacing!, steps };
  });
}
