import type { TestResult } from '../../src/browser/trainingProtocol.ts';
import type { Measure } from '../../src/metric/measure.ts';
import { measures, valueIn } from '../../src/metric/measures.ts';
import { headOf } from '../../src/metric/measureText.ts';
import { fill, make } from '../dom.ts';
import { titleOf } from './keptPanel.ts';
import type { ShownRun, TrainingSession } from './session.ts';

/** The test pairs of all trainings that registered them: what the trainings did not see. */
export function testTable(session: TrainingSession): { readonly element: HTMLElement } {
  const table = make('table', { class: 'measures' });
  const element = make(
    'section',
    { class: 'card tests', attributes: { 'aria-label': 'Test pairs' } },
    make('div', { class: 'card-head' }, make('h2', {}, 'Test pairs, means')),
    table,
  );
  session.watch(['kept'], () => {
    const tested = session.kept.filter((run): run is ShownRun & { readonly test: TestResult } => !!run.test);
    element.hidden = tested.length === 0;
    const shown = [...measures().values()].filter(({ key }) =>
      tested.some(({ test }) => Number.isFinite(valueIn(test.after, key))),
    );
    fill(
      table,
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          make('th', { attributes: { scope: 'col' } }, 'Training'),
          ...shown.map((measure) => make('th', { attributes: { scope: 'col' } }, headOf(measure))),
        ),
      ),
      make(
        'tbody',
        {},
        ...tested.map((run) =>
          make(
            'tr',
            {},
            make('th', { attributes: { scope: 'row' } }, `${titleOf(run)} (${run.test.pairs} pairs)`),
            ...shown.map((measure) => make('td', {}, change(run.test, measure))),
          ),
        ),
      ),
    );
  });
  return { element };
}

/** A measure before and after, or after alone. */
function change({ before, after }: TestResult, { key, digits }: Measure): string {
  const text = (value: number): string => (Number.isFinite(value) ? value.toFixed(Math.max(2, digits)) : '–');
  const [start, end] = [valueIn(before, key), valueIn(after, key)];
  return Number.isFinite(start) ? `${text(start)} → ${text(end)}` : text(end);
}
