import { button, fill, make } from '../dom.ts';
import { type Place, takeFiles } from '../files.ts';
import { gridText, type Scan } from '../scan.ts';
import type { Session } from '../session.ts';

/** Files that can be picked. */
export const ACCEPTED = '.nii,.gz,.nrrd,.nhdr,.mha,.mhd,.mgh,.mgz,.raw,.zraw,.csv,.tag,.onnx,.dcm';

/** Lets the user pick files. */
export function pickFiles(session: Session, place: Place = 'any'): void {
  const input = make('input', {
    type: 'file',
    accept: ACCEPTED,
    multiple: true,
    on: { change: () => void takeFiles(session, [...(input.files ?? [])], place) },
  });
  input.click();
}

/** Lets the user pick a folder of DICOM slices. */
export function pickFolder(session: Session): void {
  const input = make('input', {
    type: 'file',
    webkitdirectory: true,
    on: {
      change: () => {
        const files = [...(input.files ?? [])];
        const name = files[0]?.webkitRelativePath.split('/')[0] ?? 'dicom';
        void takeFiles(session, [], 'any', [{ name, files }]);
      },
    },
  });
  input.click();
}

/** The scans of the pair, and what was given with them. */
export function scansPanel(session: Session): HTMLElement {
  const body = make('div', { class: 'scan-list' });
  const swap = button('Swap', () => session.swap(), 'quiet');
  const clear = button('Clear', () => session.clear(), 'quiet');
  const made = make(
    'p',
    { class: 'made' },
    'Synthetic: two phantoms made in this page, whose true correspondence is known.',
  );
  const element = make(
    'section',
    { class: 'card', attributes: { 'aria-label': 'Scans' } },
    make('div', { class: 'card-head' }, make('h2', {}, 'Scans'), make('span', { class: 'spacer' }), swap, clear),
    body,
    made,
  );
  session.watch(['scans', 'reading'], () => {
    const { fixed, moving, fixedLabels, movingLabels, landmarks } = session;
    swap.hidden = !fixed || !moving;
    clear.hidden = !fixed && !moving;
    made.hidden = !session.isMade;
    fill(
      body,
      row(session, 'fixed', 'Fixed', 'stays where it is', fixed),
      row(session, 'moving', 'Moving', 'is moved onto it', moving),
      ...[
        [
          'Labels',
          [fixedLabels?.name && `fixed: ${fixedLabels.name}`, movingLabels?.name && `moving: ${movingLabels.name}`],
        ],
        ['Landmarks', [landmarks && `${landmarks.pairs.fixed.length} pairs: ${landmarks.name}`]],
      ].flatMap(([name, texts]) => {
        const there = (texts as (string | undefined)[]).filter(Boolean).join(' · ');
        return there === '' ? [] : [make('p', { class: 'given' }, make('b', {}, `${name as string} `), there)];
      }),
      !fixedLabels &&
        !landmarks &&
        fixed &&
        moving &&
        make('p', { class: 'hint' }, 'Drop labels or landmarks of both scans too, and the result is measured by them.'),
    );
  });
  return element;
}

function row(
  session: Session,
  place: 'fixed' | 'moving',
  name: string,
  role: string,
  scan: Scan | undefined,
): HTMLElement {
  const text = scan
    ? [
        make('strong', { class: 'file-name', title: scan.name }, scan.name),
        make('span', { class: 'muted' }, gridText(scan.volume)),
      ]
    : [make('span', { class: 'muted' }, role)];
  return make(
    'div',
    { class: `scan scan-${place}` },
    make('span', { class: 'scan-role' }, name),
    make('div', { class: 'scan-text' }, ...text),
    button(scan ? 'Replace' : 'Choose…', () => pickFiles(session, place), 'quiet'),
  );
}
