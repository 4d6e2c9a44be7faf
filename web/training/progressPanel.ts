import { button, make } from '../dom.ts';
import type { TrainingSession, Work } from './session.ts';

/** How far the training under way is, and what holds or ends it. */
export function trainingProgress(session: TrainingSession): HTMLElement {
  const stage = make('span', { class: 'stage-name' });
  const left = make('span', { class: 'muted' });
  const loss = make('span', { class: 'muted loss-now' });
  const bar = make('progress', { max: 1, attributes: { 'aria-label': 'Progress' } });
  const pause = button('Pause', () => session.togglePause());
  const stop = button('Stop', () => session.stop(), 'danger');
  const element = make(
    'section',
    { class: 'card progress', attributes: { 'aria-label': 'Progress' } },
    make('div', { class: 'card-head' }, stage, make('span', { class: 'spacer' }), pause, stop),
    bar,
    make('div', { class: 'progress-foot' }, loss, make('span', { class: 'spacer' }), left),
    make(
      'p',
      { class: 'muted small' },
      'Every finished epoch is kept in this browser: a page that is left goes on from it.',
    ),
  );
  session.watch(['progress'], () => {
    const { work } = session;
    element.hidden = !work;
    if (!work) return;
    stage.textContent = work.isPaused ? `Paused: ${work.stage}` : work.stage;
    pause.textContent = work.isPaused ? 'Go on' : 'Pause';
    pause.disabled = !work.step;
    const epochs = session.shownRun?.stored.config.epochs ?? 0;
    const { step } = work;
    if (step && epochs > 0) bar.value = (step.epoch - 1 + step.done / step.total) / epochs;
    else bar.removeAttribute('value');
    loss.textContent = step ? `Loss ${step.loss.toPrecision(4).replace('-', '−')}` : '';
    left.textContent = step && epochs > 0 ? timeLeft(work, epochs) : '';
  });
  return element;
}

/** What is left where no rule of early stopping ends it before. */
function timeLeft({ step, steps, seconds }: Work, epochs: number): string {
  if (!step || steps < 3) return '';
  const rest = (epochs - step.epoch) * step.total + step.total - step.done;
  return `at most ${duration((rest * seconds) / steps)} left`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
