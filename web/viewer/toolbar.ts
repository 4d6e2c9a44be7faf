import { choices, segments } from '../controls.ts';
import { make } from '../dom.ts';
import type { Session } from '../session.ts';
import { SCAN_MAPS } from './colourMaps.ts';
import { type Look, MARKS, MODES, VIEWS } from './look.ts';
import type { Plane } from './pane.ts';

const PLANE_NAMES: Readonly<Record<Plane, string>> = {
  all: 'All planes',
  axial: 'Axial',
  coronal: 'Coronal',
  sagittal: 'Sagittal',
  solid: '3-D',
};

/** What chooses how scans are seen. */
export function toolbar(session: Session, look: Look): HTMLElement {
  const views = segments('View', VIEWS, (view) => look.set({ view }));
  const modes = segments('How they are compared', MODES, (mode) => look.set({ mode }));
  const tops = segments('Over the fixed scan', { moving: 'Before', moved: 'After' }, (top) => look.set({ top }));
  const planes = choices('Planes', PLANE_NAMES, (planes) => look.set({ planes }));
  const maps = choices('Colour map', SCAN_MAPS, (colourMap) => look.set({ colourMap }));
  const amount = make('input', {
    type: 'range',
    min: '0',
    max: '1',
    step: '0.01',
    attributes: { 'aria-label': 'Opacity, or how far the scan is pulled over' },
    on: { input: () => look.set({ amount: amount.valueAsNumber }) },
  });
  const [low, high] = [0, 1].map((value, at) => {
    const input = make('input', {
      type: 'range',
      min: '-0.5',
      max: '1.5',
      step: '0.01',
      value: String(value),
      attributes: { 'aria-label': at === 0 ? 'Shown black' : 'Shown white' },
      on: { input: () => setWindow() },
    });
    return input;
  }) as [HTMLInputElement, HTMLInputElement];
  const setWindow = (): void => {
    const [from, to] = [low.valueAsNumber, high.valueAsNumber];
    look.set({ window: [Math.min(from, to - 0.02), Math.max(to, from + 0.02)] });
  };
  const reset = make(
    'button',
    {
      type: 'button',
      class: 'button quiet',
      on: {
        click: () => {
          [low.value, high.value] = ['0', '1'];
          setWindow();
        },
      },
    },
    'Reset',
  );
  const marks = choices('Labels and landmarks', MARKS, (marks) => look.set({ marks }));
  const windowing = make(
    'details',
    { class: 'popover' },
    make('summary', { class: 'button quiet' }, 'Window'),
    make('div', { class: 'popover-body' }, labelled('Black', low), labelled('White', high), reset),
  );
  const comparing = make(
    'div',
    { class: 'toolbar-row comparing' },
    modes.element,
    tops.element,
    make('label', { class: 'amount' }, amount),
  );
  const legend = make(
    'div',
    { class: 'toolbar-row legend' },
    make('span', {}, 'Fixed: volume'),
    make('span', { class: 'legend-end' }, '÷ 2'),
    make('span', { class: 'legend-bar', attributes: { 'aria-hidden': 'true' } }),
    make('span', { class: 'legend-end' }, '× 2'),
    make('span', { class: 'legend-fold' }, 'folded'),
    make('span', { class: 'legend-lines' }, 'Moved: where the fixed grid lies in the moving scan'),
  );
  const element = make(
    'div',
    { class: 'toolbar', attributes: { role: 'toolbar', 'aria-label': 'View' } },
    make(
      'div',
      { class: 'toolbar-row' },
      views.element,
      make('span', { class: 'spacer' }),
      marks.element,
      planes.element,
      maps.element,
      windowing,
    ),
    comparing,
    legend,
  );
  const update = (): void => {
    marks.element.hidden = !session.fixedLabels && !session.movingLabels && !session.landmarks;
    marks.choose(look.marks);
    views.choose(look.view);
    modes.choose(look.mode);
    tops.choose(look.top);
    planes.choose(look.planes);
    maps.choose(look.colourMap);
    amount.valueAsNumber = look.amount;
    views.enable('compare', session.before !== undefined);
    views.enable('deformation', session.result !== undefined);
    comparing.hidden = look.view !== 'compare' || session.before === undefined;
    legend.hidden = look.view !== 'deformation' || session.result === undefined;
    amount.closest('label')!.hidden = look.mode !== 'blend' && look.mode !== 'swipe';
  };
  look.watch(['look'], update);
  session.watch(['scans', 'preview', 'result'], update);
  return element;
}

function labelled(text: string, input: HTMLElement): HTMLElement {
  return make('label', { class: 'field' }, make('span', {}, text), input);
}
