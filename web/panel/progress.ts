import { button, fill, make } from '../dom.ts';
import type { Progress, Session } from '../session.ts';
import { lossCurve } from './lossCurve.ts';

/** How far a registration is: stage, bar, time left, curve of the loss, and what ends it. */
export function progressPanel(session: Session): HTMLElement {
  const stage = make('span', { class: 'stage-name' });
  const left = make('span', { class: 'muted' });
  const bar = make('progress', { max: 1, attributes: { 'aria-label': 'Progress' } });
  const curve = make('div', { class: 'curve-box' });
  const loss = make('span', { class: 'muted loss-now' });
  const cancel = button('Cancel', () => session.stop(), 'danger');
  const element = make(
    'section',
    { class: 'card progress', attributes: { 'aria-label': 'Progress' } },
    make('div', { class: 'card-head' }, stage, make('span', { class: 'spacer' }), cancel),
    bar,
    curve,
    make('div', { class: 'progress-foot' }, loss, make('span', { class: 'spacer' }), left),
  );
  let drawn = 0;
  const update = (): void => {
    const { progress, result } = session;
    element.hidden = !progress;
    if (!progress) return;
    cancel.hidden = result !== undefined;
    stage.textContent = result ? `Registered in ${seconds(result.seconds)}` : progress.stage;
    if (result) bar.value = 1;
    else if (progress.done > 0) bar.value = progress.done;
    else bar.removeAttribute('value');
    left.textContent = result ? '' : timeLeft(session, progress);
    const last = progress.losses.at(-1);
    loss.textContent = last ? `Loss ${last.loss.toPrecision(4).replace('-', '−')}` : '';
    curve.hidden = !last;
    if (last && (progress.losses.length !== drawn || result)) {
      drawn = progress.losses.length;
      fill(curve, lossCurve(progress.losses, session.plan?.steps ?? []));
    }
  };
  session.watch(['progress', 'result', 'plan'], update);
  setInterval(() => session.isRunning && update(), 1000);
  return element;
}

/** How many times longer WebAssembly takes than what plans are estimated for, as measured. */
const SLOWER = 2;

function timeLeft(session: Session, { begun, levelsBegun, done }: Progress): string {
  const now = performance.now();
  if (levelsBegun !== undefined && done > 0.03) {
    const rest = ((now - levelsBegun) / 1000) * (1 / done - 1);
    return `about ${seconds(rest)} left`;
  }
  const planned = session.plan?.plan && SLOWER * session.plan.plan.seconds;
  const spent = seconds((now - begun) / 1000);
  return planned === undefined ? spent : `${spent} of about ${seconds(planned)}`;
}

function seconds(value: number): string {
  return value < 90 ? `${Math.max(0, Math.round(value))} s` : `${(value / 60).toFixed(1)} min`;
}
