import { RESULT_FILES, type ResultFile } from '../../src/browser/protocol.ts';
import { commandOf } from '../command.ts';
import { button, fill, make } from '../dom.ts';
import { saveBytes } from '../saveBytes.ts';
import type { Session } from '../session.ts';

const NAMES: Readonly<Record<ResultFile, string>> = {
  moved: 'Moved scan',
  warp: 'Warp',
  inverseWarp: 'Inverse warp',
  transform: 'Transform',
  movedLabels: 'Moved labels',
};

/** The files of the result, and the command that makes the same. */
export function takeHomePanel(session: Session): HTMLElement {
  const files = make('div', { class: 'files' });
  const command = make('code', {});
  const copy = button('Copy', () => void copied(), 'quiet');
  const copied = async (): Promise<void> => {
    await navigator.clipboard.writeText(command.textContent ?? '');
    copy.textContent = 'Copied';
    setTimeout(() => (copy.textContent = 'Copy'), 1500);
  };
  const element = make(
    'section',
    { class: 'card', attributes: { 'aria-label': 'Take home' } },
    make('div', { class: 'card-head' }, make('h2', {}, 'Take home')),
    files,
    make(
      'p',
      { class: 'muted small' },
      'Warps and transforms: LPS mm, fixed point to moving point. The same in a terminal:',
    ),
    make('div', { class: 'command' }, command, copy),
  );
  session.watch(['result'], () => {
    const { result } = session;
    element.hidden = !result;
    if (!result) return;
    const there = (Object.keys(NAMES) as ResultFile[]).filter(
      (which) =>
        (which !== 'transform' || result.alignment !== undefined) &&
        (which !== 'movedLabels' || result.movedLabels !== undefined),
    );
    fill(
      files,
      ...there.map((which) => download(session, NAMES[which], RESULT_FILES[which], () => session.file(which))),
      download(session, 'Report', 'report.html', () => session.report()),
    );
    command.textContent = commandOf(session);
  });
  return element;
}

function download(session: Session, title: string, name: string, made: () => Promise<Uint8Array>): HTMLElement {
  const element = make(
    'button',
    { type: 'button', class: 'file', on: { click: () => void save() } },
    make('strong', {}, title),
    make('span', { class: 'muted' }, name),
  );
  const save = async (): Promise<void> => {
    element.disabled = true;
    await session.attempt(name, async () => saveBytes(name, await made()));
    element.disabled = false;
  };
  return element;
}
