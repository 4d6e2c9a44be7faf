import { z } from 'zod';
import { similarities } from '../../src/loss/registry.ts';
import { PRESETS, trainingSchema } from '../../src/training/configuration.ts';
import { make } from '../dom.ts';

/** The settings that matter most, with what they are called here. */
const FIELDS = {
  loss: 'Loss',
  smoothness: 'Smoothness',
  size: 'Grid',
  pad: 'Cube',
  epochs: 'Epochs',
  pairsPerEpoch: 'Pairs an epoch',
  seed: 'Seed',
} as const;
type Field = keyof typeof FIELDS;

/** What a page trains with where nothing else is said: the coarse network of the shipped model. */
const BASE: Readonly<Record<string, unknown>> = PRESETS.coarse as Readonly<Record<string, unknown>>;

/** One setting as its schema tells it. */
interface Described {
  readonly description?: string;
  readonly default?: unknown;
  readonly otherwise?: string;
  readonly minimum?: number;
}

/** The fields of a few settings, and what they say. */
export interface SettingsForm {
  readonly element: HTMLElement;
  /** Every setting that differs from the schema's defaults. */
  values(): Readonly<Record<string, unknown>>;
}

/** The settings that matter most, each with the text of the command line. */
export function settingsForm(): SettingsForm {
  const { properties = {} } = z.toJSONSchema(trainingSchema, { io: 'input', unrepresentable: 'any' });
  const described = properties as unknown as Readonly<Record<Field, Described>>;
  const inputs = new Map((Object.keys(FIELDS) as Field[]).map((key) => [key, inputOf(key, described[key])]));
  return {
    element: make(
      'div',
      { class: 'settings' },
      ...[...inputs].map(([key, input]) =>
        make(
          'div',
          { class: 'setting' },
          make('label', {}, make('span', { class: 'setting-name' }, FIELDS[key]), input),
          make('p', { class: 'muted small', id: textIdOf(key) }, textOf(key, described[key])),
        ),
      ),
    ),
    values() {
      const given = [...inputs].flatMap(([key, { value }]) =>
        value.trim() === '' ? [] : [[key, key === 'loss' ? value : Number(value)] as const],
      );
      const { lossOptions, ...base } = BASE;
      const isOwnLoss = inputs.get('loss')?.value === BASE.loss;
      return { ...base, ...(isOwnLoss && { lossOptions }), smoothness: undefined, ...Object.fromEntries(given) };
    },
  };
}

function inputOf(
  key: Field,
  { minimum, otherwise, default: standard }: Described,
): HTMLInputElement | HTMLSelectElement {
  const first = BASE[key] ?? standard;
  const attributes = { 'aria-describedby': textIdOf(key) };
  if (key === 'loss')
    return make(
      'select',
      { attributes },
      ...[...similarities().keys()].map((name) => make('option', { value: name, selected: name === first }, name)),
    );
  return make('input', {
    type: 'number',
    attributes,
    step: key === 'smoothness' ? 'any' : '1',
    ...(minimum !== undefined && { min: String(minimum) }),
    value: key === 'smoothness' || first === undefined ? '' : String(first),
    placeholder: otherwise ?? '',
  });
}

/** The id of the element that says what a setting is. */
function textIdOf(key: Field): string {
  return `about-${key}`;
}

/** The text of the command line, without the list that the field itself shows. */
function textOf(key: Field, { description = '' }: Described): string {
  return key === 'loss' ? (description.split(':')[0] as string) : description;
}
