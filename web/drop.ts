import { takeFiles } from './files.ts';
import type { Session } from './session.ts';

/** Takes files that are dropped anywhere on the page; on a scan's row, in the place of that scan. */
export function acceptDrops(session: Session, element: HTMLElement): void {
  element.addEventListener('dragover', (event) => {
    event.preventDefault();
    element.classList.add('is-dropping');
  });
  element.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) element.classList.remove('is-dropping');
  });
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    element.classList.remove('is-dropping');
    const { target, dataTransfer } = event;
    const row = target instanceof Element ? target.closest('.scan') : null;
    const place = row?.classList.contains('scan-fixed') ? 'fixed' : row ? 'moving' : 'any';
    const files = [...(dataTransfer?.files ?? [])];
    void takeFiles(session, files, files.length === 1 ? place : 'any');
  });
}
