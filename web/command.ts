import type { PlanChoices } from '../src/registration/plan.ts';
import type { Session } from './session.ts';

/** What of a session a command says. */
type Done = Pick<
  Session,
  'fixed' | 'moving' | 'fixedLabels' | 'movingLabels' | 'landmarks' | 'choices' | 'model' | 'refine' | 'plan' | 'isMade'
>;

/** How much more than it needs a plan must be allowed, for its levels to be what they are without any bound. */
const AMPLE = 1.4;

/** The command that does the same in a terminal. */
export function commandOf(done: Done): string {
  const { fixed, moving, fixedLabels, movingLabels, landmarks, isMade } = done;
  const folder = isMade ? 'phantoms/' : '';
  const scans = [fixed?.name ?? 'fixed.nii.gz', moving?.name ?? 'moving.nii.gz'];
  const of = (part: string, name: string | undefined): string | undefined => name && `${folder}${part}${name}`;
  const known = isMade
    ? { 'fixed-labels': of('labelsTr/', fixed?.name), 'moving-labels': of('labelsTr/', moving?.name) }
    : {
        'fixed-labels': fixedLabels?.name,
        'moving-labels': movingLabels?.name,
        // Two files of landmarks are for `earthmorph tre`.
        landmarks: landmarks?.files === 1 ? landmarks.name : undefined,
      };
  const register = [
    'npx earthmorph register',
    ...scans.map((name) => quoted(isMade ? `${folder}imagesTr/${name}` : name)),
    ...written(methodOf(done)),
    ...written(known),
  ].join(' ');
  return isMade ? `npx earthmorph data phantom --out phantoms ${MADE_BY} && ${register}` : register;
}

/** What makes the built-in pair on the command line. */
const MADE_BY = '--cases 2 --seed 7 --size 56,64,48';

function methodOf({ choices, model, refine, plan }: Done): Readonly<Record<string, string | undefined>> {
  const { effort, modality, alignment, loss } = choices;
  if (model)
    return {
      model: model.name,
      align: alignment === 'none' ? undefined : alignment,
      ...(refine > 0 ? { refine: String(refine), loss: loss?.name } : {}),
    };
  const made = plan?.plan;
  const isBounded = made !== undefined && made.memory.needed * AMPLE > made.memory.allowed;
  return {
    effort,
    modality,
    align: alignment,
    loss: loss?.name,
    levels: levelsText(isBounded ? made.levels : choices.levels),
  };
}

function levelsText(levels: PlanChoices['levels']): string | undefined {
  return levels && (levels.length === 0 ? 'none' : levels.map(({ spacing, steps }) => `${spacing}:${steps}`).join(','));
}

function written(options: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  );
}

/** A word of a shell's line. */
function quoted(word: string): string {
  return /^[\w./:,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
