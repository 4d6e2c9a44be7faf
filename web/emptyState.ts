import { button, make } from './dom.ts';
import { pickFiles, pickFolder } from './panel/scans.ts';
import type { Session } from './session.ts';

/** What is there before any scan is. */
export function emptyState(session: Session): HTMLElement {
  return make(
    'section',
    { class: 'empty', attributes: { 'aria-label': 'Begin' } },
    make('h1', {}, 'Align two scans'),
    make(
      'p',
      { class: 'lead' },
      'Drop two 3-D scans here: first the fixed one, then the moving one. Registration starts by itself.',
    ),
    make(
      'div',
      { class: 'empty-actions' },
      button('Choose files…', () => pickFiles(session), 'primary'),
      button('Choose a DICOM folder…', () => pickFolder(session)),
      button('Try a built-in pair', () => void session.tryBuiltIn()),
    ),
    make(
      'p',
      { class: 'muted' },
      'NIfTI, NRRD, MetaImage, MGH, GIPL, MRC, VTK, HDF5, or a folder of DICOM slices. ',
      'Labels and landmarks of both scans may come along. ',
      'Everything is computed in this page: your scans stay on this computer.',
    ),
  );
}
