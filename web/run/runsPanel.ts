import { measures, valueIn } from '../../src/metric/measures.ts';
import { valueText } from '../../src/metric/measureText.ts';
import type { ServedRun } from '../../src/workflow/servedRuns.ts';
import { fill, make } from '../dom.ts';
import { type Runs, shortName } from './runs.ts';

/** Seconds without an epoch after which a run may have been left. */
const LONG = 3600;

/** The runs, how far each is, and which are shown. */
export function runsPanel(runs: Runs): HTMLElement {
  const list = make('ul', { class: 'kept' });
  runs.watch(['runs'], () => fill(list, ...runs.all.map((run) => row(runs, run))));
  return make(
    'section',
    { class: 'card', attributes: { 'aria-label': 'Runs' } },
    make('div', { class: 'card-head' }, make('h2', {}, 'Runs')),
    list,
  );
}

function row(runs: Runs, run: ServedRun): HTMLElement {
  const box = make('input', {
    type: 'checkbox',
    checked: runs.isShown(run.id),
    on: { change: () => runs.show(run.id, box.checked) },
  });
  return make(
    'li',
    {},
    make('label', { class: 'check', title: run.name }, box, make('strong', {}, shortName(run, runs.all))),
    make('p', { class: 'muted small' }, progressText(run)),
    make('p', { class: 'small' }, bestText(run)),
  );
}

function progressText({ stored, records, isFinished, quiet = 0, damage }: ServedRun): string {
  if (damage !== undefined) return damage;
  if (!stored) return '';
  const { config, cases, isMade } = stored;
  const state = isFinished ? 'finished' : quiet > LONG ? 'no epoch for over an hour' : 'under way';
  return [
    `epoch ${records.length} of ${config.epochs}, ${state}`,
    `${config.loss}, seed ${config.seed}`,
    `${cases.train} training and ${cases.validation} validation cases${isMade ? ', synthetic' : ''}`,
  ].join(' · ');
}

/** The measures of the epoch whose weights are kept. */
function bestText({ records }: ServedRun): string {
  const best = records.findLast((record) => record.best);
  if (!best) return '';
  const texts = [...measures().values()]
    .filter(({ key }) => Number.isFinite(valueIn(best, key)))
    .map((measure) => valueText(measure, valueIn(best, measure.key)));
  return `Best, epoch ${best.epoch}: ${[`loss ${best.validationLoss.toPrecision(4)}`, ...texts].join(', ')}`;
}
