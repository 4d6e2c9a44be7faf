import { fill, make } from '../dom.ts';
import { type Curved, chartsOfOne, chartsOfSeveral } from '../run/charts.ts';
import { pictureOf } from '../run/picture.ts';
import { titleOf } from './keptPanel.ts';
import { pairView } from './pairView.ts';
import type { ShownRun, TrainingSession } from './session.ts';
import { testTable } from './testTable.ts';

/** Of more steps than this not each is drawn. */
const MOST_STEPS = 800;
/** Milliseconds between two drawings of the curves. */
const REDRAW = 500;

/** Curves of the training that is shown, of all that are kept together, and one validation pair. */
export function runPanel(session: TrainingSession): HTMLElement {
  const title = make('h1', {});
  const about = make('p', { class: 'muted' });
  const charts = make('div', { class: 'charts' });
  const all = make('div', { class: 'charts' });
  const together = make(
    'section',
    { attributes: { 'aria-label': 'All trainings' } },
    make('h2', {}, 'All trainings'),
    all,
  );
  const pair = pairView();
  const tests = testTable(session);
  const element = make(
    'section',
    { class: 'run', attributes: { 'aria-label': 'Training' } },
    title,
    about,
    charts,
    tests.element,
    pair.element,
    together,
  );
  const draw = (): void => {
    const { shownRun, work, kept } = session;
    element.hidden = !shownRun;
    if (!shownRun) return;
    const { stored } = shownRun;
    title.textContent = titleOf(shownRun);
    about.textContent = aboutText(shownRun);
    const count = stored.split.validation.length;
    const isOwn = work?.run === shownRun.id;
    const steps = isOwn ? work.losses.filter(([epochs]) => isTraining(epochs, work.step?.total ?? 1, count)) : [];
    const stride = Math.ceil(steps.length / MOST_STEPS);
    const some = steps.filter((_, n) => n % stride === 0);
    fill(charts, ...chartsOfOne({ ...curved(shownRun), steps: some }).map(({ svg }) => pictureOf(svg)));
    const drawn = kept.filter((run) => run.records.length > 0);
    together.hidden = drawn.length < 2;
    if (drawn.length > 1) fill(all, ...chartsOfSeveral(drawn.map(curved)).map(({ svg }) => pictureOf(svg)));
  };
  let isDue = false;
  const later = (): void => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      draw();
    }, REDRAW);
  };
  session.watch(['kept', 'shown'], draw);
  session.watch(['progress'], later);
  session.watch(['pair'], () => pair.show(session.pair));
  return element;
}

/** Whether a loss is one of the epoch's training pairs, which come before its validation pairs. */
function isTraining(epochs: number, total: number, validation: number): boolean {
  const share = epochs - Math.ceil(epochs) + 1;
  return share * total <= total - validation + 1e-6;
}

function curved(run: ShownRun): Curved {
  const { loss, smoothness } = run.stored.config;
  return {
    name: titleOf(run),
    loss: smoothness === undefined ? loss : `${loss}, smoothness ${smoothness}`,
    records: run.records,
  };
}

function aboutText({ stored, records }: ShownRun): string {
  const { config, split, data, synthetic, ended } = stored;
  const state = ended ? (ended === 'patience' ? 'ended, since it no longer improves' : 'finished') : 'not finished';
  return [
    `${data}${synthetic ? ' (synthetic)' : ''}: ${split.train.length} training and ${split.validation.length} validation cases`,
    `loss ${config.loss}, grid ${config.size}³, seed ${config.seed}`,
    `epoch ${records.length} of ${config.epochs}, ${state}`,
  ].join(' · ');
}
