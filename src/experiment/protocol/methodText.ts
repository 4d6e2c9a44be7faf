import { UserError } from '../../errors.ts';
import { trainingSchema } from '../../training/configuration.ts';

/** A value of a setting as it is written in a word: `0.5`, `true`, `patch`, or `7,13` (left to the setting to read). */
type WordValue = string | number | boolean;

/** A loss as an experiment names it: its options and training settings of its own, each with the values to try. */
export interface MethodText {
  readonly loss: string;
  readonly options: Readonly<Record<string, readonly WordValue[]>>;
  readonly settings: Readonly<Record<string, readonly WordValue[]>>;
}

/** Settings that belong to the experiment, not to one of its losses. */
const SHARED = ['loss', 'lossOptions', 'seed', 'splitSeed', 'stopping'];

/**
 * Reads `pswd patch=7 smoothness=0.4|0.8`: the loss, then words name=value; several values between bars are a grid. A
 * name that is a training setting sets that, any other is an option of the loss.
 * @throws UserError when a word has another form, or names what all losses of an experiment share
 */
export function parseMethod(text: string): MethodText {
  const [loss = '', ...words] = text.trim().split(/\s+/);
  const options = new Map<string, WordValue[]>();
  const settings = new Map<string, WordValue[]>();
  for (const word of words) {
    const at = word.indexOf('=');
    const key = word.slice(0, at);
    const values = word.slice(at + 1).split('|');
    if (at < 1 || values.includes(''))
      throw new UserError(`"${word}" in the loss "${text}" must have the form name=value or name=value|value.`);
    // Objects have a key of this name that is no entry.
    if (key === '__proto__') throw new UserError(`There is no option "__proto__"; leave it out of the loss "${text}".`);
    if (SHARED.includes(key))
      throw new UserError(
        `"${key}" in the loss "${text}" must be the same for all losses; set it in the experiment itself.`,
      );
    (Object.hasOwn(trainingSchema.shape, key) ? settings : options).set(key, values.map(wordValue));
  }
  return { loss, options: Object.fromEntries(options), settings: Object.fromEntries(settings) };
}

function wordValue(text: string): WordValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isFinite(Number(text)) ? Number(text) : text;
}
