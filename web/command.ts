import type { PlanChoices } from '../src/registration/plan.ts';
import type { Session } from './session.ts';

/** The command that does the same in a terminal. */
export function commandOf({ fixed, moving, choices }: Pick<Session, 'fixed' | 'moving' | 'choices'>): string {
  const names = [fixed?.name ?? 'fixed.nii.gz', moving?.name ?? 'moving.nii.gz'].map(quoted);
  return ['npx earthmorph register', ...names, ...optionsOf(choices)].join(' ');
}

function optionsOf({ effort, modality, alignment, loss, levels }: PlanChoices): string[] {
  const list =
    levels && (levels.length === 0 ? 'none' : levels.map(({ spacing, steps }) => `${spacing}:${steps}`).join(','));
  const options = { effort, modality, align: alignment, loss: loss?.name, levels: list };
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
}

/** A word of a shell's line. */
function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
