import { button, make } from './dom.ts';
import type { Session } from './session.ts';
import { type Look, MARKS, MODES, VIEWS, type View } from './viewer/look.ts';
import type { Plane } from './viewer/pane.ts';
import type { Stage } from './viewer/stage.ts';

const PLANE_KEYS: Readonly<Record<string, Plane>> = { 0: 'all', a: 'axial', c: 'coronal', s: 'sagittal', d: 'solid' };

/** What the keys do, for the user. */
const HELP: readonly (readonly [string, string])[] = [
  ['1, 2, 3', 'side by side, compare, deformation'],
  ['m', 'the next way to compare'],
  ['b', 'before, after'],
  ['[ and ]', 'less, more of the scan above'],
  ['0, a, c, s, d', 'all planes, axial, coronal, sagittal, 3-D'],
  ['arrows, page up, page down', 'crosshair by a voxel'],
  ['wheel', 'through the slices'],
  ['+ and −, Ctrl and wheel, double click', 'larger, smaller'],
  ['l', 'labels and landmarks: outlines, filled, none'],
  ['Escape', 'cancel the registration'],
  ['?', 'this list'],
];

/** The list of keys, to be opened. */
export function keysDialog(): HTMLDialogElement {
  const dialog = make(
    'dialog',
    { class: 'keys', id: 'keys' },
    make('h2', {}, 'Keys'),
    make('dl', {}, ...HELP.flatMap(([keys, what]) => [make('dt', {}, keys), make('dd', {}, what)])),
    button('Close', () => dialog.close(), 'primary'),
  );
  return dialog;
}

const STEPS: Readonly<Record<string, readonly [number, number, number]>> = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, 1, 0],
  ArrowDown: [0, -1, 0],
  PageUp: [0, 0, 1],
  PageDown: [0, 0, -1],
};

/** Lets keys do what is done often. */
export function listenToKeys(session: Session, look: Look, stage: Stage): void {
  const act = (key: string): boolean => {
    const step = STEPS[key];
    const plane = PLANE_KEYS[key];
    const view = (Object.keys(VIEWS) as View[])[Number(key) - 1];
    if (step) stage.step(...step);
    else if (view) look.set({ view });
    else if (plane) look.set({ planes: plane });
    else if (key === 'm') look.set({ view: 'compare', mode: next(MODES, look.mode) });
    else if (key === 'b') look.set({ view: 'compare', top: look.top === 'moved' ? 'moving' : 'moved' });
    else if (key === '[') look.set({ amount: Math.max(0, look.amount - 0.1) });
    else if (key === ']') look.set({ amount: Math.min(1, look.amount + 0.1) });
    else if (key === '+' || key === '=') look.magnify(1.25);
    else if (key === '-') look.magnify(1 / 1.25);
    else if (key === 'l') look.set({ marks: next(MARKS, look.marks) });
    else if (key === 'Escape' && session.isRunning) session.stop();
    else if (key === '?') document.querySelector<HTMLDialogElement>('#keys')?.showModal();
    else return false;
    return true;
  };
  addEventListener(
    'keydown',
    (event) => {
      const { target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof Element)) return;
      if (target.closest('input, select, textarea, dialog, summary')) return;
      const isOnPicture = target.closest('.panes') !== null;
      if (event.key.startsWith('Page') && !isOnPicture) return;
      if (act(event.key)) event.preventDefault();
      else if (!isOnPicture) return;
      event.stopPropagation();
    },
    { capture: true },
  );
}

function next<Key extends string>(names: Readonly<Record<Key, string>>, key: Key): Key {
  const all = Object.keys(names) as Key[];
  return all[(all.indexOf(key) + 1) % all.length]!;
}
