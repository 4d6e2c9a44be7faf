import { button, make } from '../dom.ts';
import { runPhantoms } from './phantomExperiment.ts';
import { pickFolder } from './picking.ts';
import type { TrainingSession } from './session.ts';
import { settingsForm } from './settings.ts';

/** What a training begins with: the scans, a few settings, and the experiment that needs neither. */
export function setupPanel(session: TrainingSession): HTMLElement {
  const form = settingsForm();
  const data = make('strong', { class: 'file-name' });
  const amount = make('span', { class: 'muted' });
  const begin = button('Train', () => void train(), 'primary');
  const phantoms = button('Run the phantom experiment', () => void runPhantoms(session));
  const train = async (): Promise<void> => {
    const { picked } = session;
    if (picked) await session.begin({ data: picked.files, settings: form.values() });
  };
  const element = make(
    'section',
    { class: 'card setup', attributes: { 'aria-label': 'New training' } },
    make('div', { class: 'card-head' }, make('h2', {}, 'New training')),
    make('p', { class: 'picked' }, data, ' ', amount),
    make(
      'div',
      { class: 'actions' },
      button('Choose a folder…', () => pickFolder((folder) => session.pick(folder))),
      begin,
    ),
    make('details', { class: 'change' }, make('summary', {}, 'Settings'), form.element),
    make(
      'p',
      { class: 'made' },
      'Or without scans: the phantom experiment makes synthetic ones, trains a network with each of four losses, and compares them.',
    ),
    make('div', { class: 'actions' }, phantoms),
  );
  session.watch(['picked', 'progress'], () => {
    const { picked, isRunning } = session;
    data.textContent = picked?.name ?? '';
    amount.textContent = picked
      ? `${picked.files.length} files, of which some are kept for validation and test`
      : 'A folder with an image of each patient, labels beside them where there are any, or a data set with its dataset.json. Drop it here, or choose it.';
    begin.disabled = !picked || isRunning;
    phantoms.disabled = isRunning;
  });
  return element;
}
