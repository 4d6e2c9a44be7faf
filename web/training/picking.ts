import type { PickedFile } from '../../src/browser/trainingProtocol.ts';
import { acceptDrop } from '../acceptDrop.ts';
import { make } from '../dom.ts';
import type { PickedFolder } from './session.ts';

/** Lets the user pick a folder. */
export function pickFolder(onPick: (folder: PickedFolder) => void): void {
  const input = make('input', {
    type: 'file',
    webkitdirectory: true,
    on: {
      change: () => {
        const files = [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath, file }));
        const folder = folderOf(files);
        if (folder) onPick(folder);
      },
    },
  });
  input.click();
}

/** Takes a folder that is dropped anywhere on the page; files without one are a folder too. */
export function acceptFolders(element: HTMLElement, onDrop: (folder: PickedFolder) => void): void {
  acceptDrop(element, (dropped) => {
    const files = dropped.flatMap((each) =>
      each.isFolder ? each.files : each.files.map(({ path, file }) => ({ path: `scans/${path}`, file })),
    );
    const folder = folderOf(files);
    if (folder) onDrop(folder);
  });
}

/** What was picked as one folder, without what systems hide in it. */
function folderOf(files: readonly PickedFile[]): PickedFolder | undefined {
  const own = files.filter(({ path }) => !path.split('/').some((name) => name.startsWith('.')));
  const [first] = own;
  return first && { name: first.path.split('/')[0] as string, files: own };
}
