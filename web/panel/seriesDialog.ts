import type { Series } from '../../src/volume/dicomSeries.ts';
import { button, make } from '../dom.ts';

/** Which series of a folder is which scan; none where a scan stays as it is. */
export interface ChosenSeries {
  readonly fixed: Series | undefined;
  readonly moving: Series | undefined;
}

/**
 * Lists the series of a folder, and lets the user say which of them is which scan.
 * @param suggested what is chosen where nothing is changed
 * @returns undefined where the user wants none of them
 */
export function chooseSeries(
  folder: string,
  series: readonly Series[],
  suggested: ChosenSeries,
): Promise<ChosenSeries | undefined> {
  const fixed = list('Fixed', series, suggested.fixed);
  const moving = list('Moving', series, suggested.moving);
  const dialog = make(
    'dialog',
    { class: 'keys series', attributes: { 'aria-label': 'Series' } },
    make('h2', {}, `${folder} holds ${series.length} series`),
    make('div', { class: 'fields' }, field('Fixed', fixed), field('Moving', moving)),
    make(
      'div',
      { class: 'actions' },
      button('Read', () => dialog.close('read'), 'primary'),
      button('Cancel', () => dialog.close()),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      const of = ({ value }: HTMLSelectElement): Series | undefined => series.find(({ key }) => key === value);
      const chosen = { fixed: of(fixed), moving: of(moving) };
      done(dialog.returnValue === 'read' && (chosen.fixed || chosen.moving) ? chosen : undefined);
    });
  });
}

function list(label: string, series: readonly Series[], chosen: Series | undefined): HTMLSelectElement {
  return make(
    'select',
    { attributes: { 'aria-label': label } },
    make('option', { value: '', selected: chosen === undefined }, 'as it is'),
    ...series.map((each) =>
      make('option', { value: each.key, selected: each === chosen }, `${each.key}: ${each.text}`),
    ),
  );
}

function field(name: string, input: HTMLElement): HTMLElement {
  return make('label', { class: 'field' }, make('span', {}, name), input);
}
