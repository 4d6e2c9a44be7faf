import { similarities } from '../../src/loss/registry.ts';
import { EFFORTS, type PlanChoices } from '../../src/registration/plan.ts';
import { button, make } from '../dom.ts';
import { takeFiles } from '../files.ts';
import { SHIPPED } from '../models.ts';
import type { Session } from '../session.ts';

/** The choice that leaves a setting to the plan. */
const AUTOMATIC = '';
/** The choice of a model of one's own. */
const OWN = 'a file…';

/** The plan in a sentence, and what of it can be changed. */
export function planPanel(session: Session): HTMLElement {
  const sentence = make('p', { class: 'sentence' });
  const change = (name: keyof PlanChoices, value: unknown): void => {
    const { [name]: _, ...others } = session.choices;
    session.choices = value === undefined ? others : { ...others, [name]: value };
    session.tell('plan');
  };
  const losses = [...similarities().keys()];
  const level = make('input', {
    type: 'text',
    placeholder: 'planned, or 4:40,2:30, or none',
    spellcheck: false,
    attributes: { 'aria-label': 'Levels: edge of the voxels in mm, and steps, from coarse to fine' },
    on: {
      change: () => {
        const levels = levelsOf(level.value);
        level.setCustomValidity(levels === null ? 'Write mm:steps for each level, such as 4:40,2:30; or none.' : '');
        level.reportValidity();
        if (levels !== null) change('levels', levels);
      },
    },
  });
  const own = make('input', {
    type: 'file',
    accept: '.onnx',
    on: { change: () => void takeFiles(session, [...(own.files ?? [])]) },
  });
  const model = list([AUTOMATIC, ...SHIPPED.keys(), OWN], AUTOMATIC, (value) => {
    if (value === OWN) own.click();
    else session.model = SHIPPED.get(value);
    session.tell('plan');
  });
  const named = make('option', { hidden: true });
  model.append(named);
  const refine = make('input', {
    type: 'number',
    min: '0',
    max: '1000',
    step: '10',
    value: '0',
    on: {
      change: () => {
        session.refine = Math.max(0, Math.round(refine.valueAsNumber) || 0);
        refine.value = String(session.refine);
      },
    },
  });
  const again = button('Register again', () => void session.register(), 'primary');
  const refining = field('Refine, steps', refine);
  const effort = field(
    'Effort',
    list(['standard', ...EFFORTS.filter((each) => each !== 'standard')], 'standard', (value) =>
      change('effort', value === 'standard' ? undefined : value),
    ),
  );
  const modality = field(
    'Modality',
    list([AUTOMATIC, 'same', 'different'], AUTOMATIC, (value) => change('modality', value || undefined)),
  );
  const levels = field('Levels', level);
  const fields = make(
    'div',
    { class: 'fields' },
    field('Model', model),
    refining,
    effort,
    modality,
    field(
      'Alignment',
      list([AUTOMATIC, 'none', 'rigid', 'affine'], AUTOMATIC, (value) => change('alignment', value || undefined)),
    ),
    field(
      'Loss',
      list([AUTOMATIC, ...losses], AUTOMATIC, (value) =>
        change('loss', value === AUTOMATIC ? undefined : { name: value, options: {} }),
      ),
    ),
    levels,
  );
  const details = make(
    'details',
    { class: 'change' },
    make('summary', {}, 'Change'),
    fields,
    make('div', { class: 'actions' }, again),
  );
  const element = make(
    'section',
    { class: 'card plan', attributes: { 'aria-label': 'Plan' } },
    make('div', { class: 'card-head' }, make('h2', {}, 'Plan')),
    sentence,
    details,
  );
  session.watch(['plan', 'scans', 'progress'], () => {
    sentence.textContent =
      session.plan?.sentence ??
      'Made from the pair itself, as soon as two scans are there: alignment, levels and loss.';
    again.disabled = !session.pair || session.isRunning;
    const { model: chosen } = session;
    named.value = named.textContent = chosen?.name ?? '';
    model.value = chosen?.name ?? AUTOMATIC;
    // What a model brings itself cannot be chosen beside it.
    for (const each of [effort, modality, levels]) each.hidden = chosen !== undefined;
    refining.hidden = chosen === undefined;
  });
  return element;
}

function list(values: readonly string[], chosen: string, onChoose: (value: string) => void): HTMLSelectElement {
  const element = make(
    'select',
    { on: { change: () => onChoose(element.value) } },
    ...values.map((value) =>
      make('option', { value, selected: value === chosen }, value === AUTOMATIC ? 'planned' : value),
    ),
  );
  return element;
}

function field(name: string, input: HTMLElement): HTMLElement {
  return make('label', { class: 'field' }, make('span', {}, name), input);
}

/** `4:40,2:30`, `none`, or nothing for what is planned; null where it is none of them. */
function levelsOf(text: string): PlanChoices['levels'] | null {
  if (text.trim() === '') return undefined;
  if (text.trim() === 'none') return [];
  const levels = text.split(',').map((part) => {
    const [spacing = Number.NaN, steps = 30] = part.split(':').map(Number);
    return { spacing, steps };
  });
  const isFine = levels.every(
    ({ spacing, steps }) => spacing > 0 && spacing <= 1e4 && Number.isInteger(steps) && steps > 0,
  );
  return isFine ? levels : null;
}
