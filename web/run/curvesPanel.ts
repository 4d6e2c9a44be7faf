import type { ServedRun } from '../../src/workflow/servedRuns.ts';
import { fill, make } from '../dom.ts';
import { type Curved, chartsOfOne, chartsOfSeveral } from './charts.ts';
import { pictureOf } from './picture.ts';
import { type Runs, shortName } from './runs.ts';

/** The curves of the runs that are shown. */
export function curvesPanel(runs: Runs): HTMLElement {
  const charts = make('div', { class: 'charts' });
  const empty = make('p', { class: 'muted' });
  runs.watch(['chosen'], () => {
    const shown = runs.shown.filter(({ records }) => records.length > 0).map((run) => curved(run, runs.all));
    empty.hidden = shown.length > 0;
    empty.textContent = runs.all.length === 0 ? '' : 'No finished epoch is shown yet.';
    const [only] = shown;
    fill(
      charts,
      ...(only && shown.length === 1 ? chartsOfOne(only) : chartsOfSeveral(shown)).map(({ svg }) => pictureOf(svg)),
    );
  });
  return make('section', { class: 'run', attributes: { 'aria-label': 'Curves' } }, empty, charts);
}

function curved(run: ServedRun, all: readonly ServedRun[]): Curved {
  const { loss = '', lossOptions = {}, smoothness } = run.stored?.config ?? {};
  const options = Object.entries(lossOptions).map(([key, value]) => `${key} ${String(value)}`);
  const weight = smoothness === undefined ? [] : [`smoothness ${smoothness}`];
  return {
    name: shortName(run, all),
    loss: [loss, ...options, ...weight].join(', '),
    records: run.records,
  };
}
