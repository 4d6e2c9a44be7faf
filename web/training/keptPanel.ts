import { KeptRun, RUN_FILES } from '../../src/browser/keptRun.ts';
import { UserError } from '../../src/errors.ts';
import { button, fill, make } from '../dom.ts';
import { saveBytes } from '../saveBytes.ts';
import type { ShownRun, TrainingSession } from './session.ts';

/** What a training is called. */
export function titleOf({ stored }: ShownRun): string {
  const { title, config, data } = stored;
  return title ?? `${data}, ${config.loss}, seed ${config.seed}`;
}

/** The trainings that this browser keeps: to look at, go on with, take home or forget. */
export function keptPanel(session: TrainingSession): HTMLElement {
  const list = make('ul', { class: 'kept' });
  const element = make(
    'section',
    { class: 'card', attributes: { 'aria-label': 'Kept trainings' } },
    make('div', { class: 'card-head' }, make('h2', {}, 'Kept in this browser')),
    list,
  );
  session.watch(['kept', 'shown', 'progress'], () => {
    element.hidden = session.kept.length === 0;
    fill(list, ...session.kept.toReversed().map((run) => row(session, run)));
  });
  return element;
}

function row(session: TrainingSession, run: ShownRun): HTMLElement {
  const { id, stored, records } = run;
  const isOwn = session.work?.run === id;
  const hasModel = records.length > 0;
  const show = make(
    'button',
    {
      type: 'button',
      class: 'kept-name',
      attributes: { 'aria-pressed': String(session.shown === id) },
      on: {
        click: () => {
          session.shown = id;
          session.tell('shown');
        },
      },
    },
    make('strong', {}, titleOf(run)),
    make('span', { class: 'muted small' }, `epoch ${records.length} of ${stored.config.epochs}`),
  );
  return make(
    'li',
    {},
    show,
    make(
      'div',
      { class: 'kept-actions' },
      !isOwn && !session.isRunning && !stored.ended && button('Go on', () => void session.goOn(id), 'quiet'),
      !session.isRunning && hasModel && button('Test', () => void session.test(id), 'quiet'),
      hasModel && button('Model', () => void save(session, id, 'model'), 'quiet'),
      hasModel && button('Metrics', () => void save(session, id, 'metrics'), 'quiet'),
      button('Remove', () => void session.remove(id), 'quiet danger'),
    ),
  );
}

async function save(session: TrainingSession, id: string, which: keyof typeof RUN_FILES): Promise<void> {
  await session.attempt(async () => {
    const name = RUN_FILES[which];
    const bytes = await (await KeptRun.open(id)).files.read(name).catch((error: unknown) => {
      throw new UserError(`${name} is not there; let the training finish an epoch.`, { cause: error });
    });
    saveBytes(name, bytes);
  });
}
