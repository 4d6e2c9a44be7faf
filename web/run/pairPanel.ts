import type { ServedRun } from '../../src/workflow/servedRuns.ts';
import { button, fill, make } from '../dom.ts';
import { type Runs, shortName } from './runs.ts';

/** A validation pair as the best model of a run registers it now, on request: it takes the processor for a while. */
export function pairPanel(runs: Runs): HTMLElement {
  const run = make('select', { attributes: { 'aria-label': 'Run' }, on: { change: () => list() } });
  const place = make('select', { attributes: { 'aria-label': 'Validation pair' } });
  const show = button('Register a pair', () => void register());
  const state = make('span', { class: 'muted', attributes: { role: 'status' } });
  const picture = make('div', { class: 'pair-picture' });
  const withModel = (): readonly ServedRun[] => runs.all.filter(({ records }) => records.some(({ best }) => best));
  const list = (): void => {
    const cases = runs.all.find(({ id }) => String(id) === run.value)?.stored?.cases.validation ?? 0;
    if (place.options.length === cases) return;
    fill(place, ...Array.from({ length: cases }, (_, n) => make('option', { value: String(n) }, `pair ${n + 1}`)));
  };
  const register = async (): Promise<void> => {
    show.disabled = true;
    state.textContent = 'Registering…';
    const answer = await fetch(`./runs/${run.value}/pair/${place.value}.svg`).catch(() => undefined);
    show.disabled = false;
    state.textContent = '';
    if (!answer?.ok) {
      state.textContent = (await answer?.text()) ?? 'The runs are no longer served; start earthmorph view again.';
      return;
    }
    const url = URL.createObjectURL(await answer.blob());
    const image = make('img', {
      src: url,
      alt: 'Fixed, moving and moved scan of a validation pair, and their differences',
    });
    image.addEventListener('load', () => URL.revokeObjectURL(url), { once: true });
    fill(picture, image);
  };
  const element = make(
    'section',
    { class: 'card pair', attributes: { 'aria-label': 'Validation pair' } },
    make('div', { class: 'card-head' }, make('h2', {}, 'A validation pair now'), make('span', { class: 'spacer' })),
    make('div', { class: 'pair-choice' }, run, place, show, state),
    picture,
  );
  runs.watch(['runs'], () => {
    const there = withModel();
    element.hidden = there.length === 0;
    if (run.options.length === there.length) return;
    const chosen = run.value;
    fill(run, ...there.map((each) => make('option', { value: String(each.id) }, shortName(each, runs.all))));
    if (there.some(({ id }) => String(id) === chosen)) run.value = chosen;
    list();
  });
  return element;
}
