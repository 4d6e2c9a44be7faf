import type { PickedFile } from '../../src/browser/trainingProtocol.ts';
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

/** Takes a folder that is dropped anywhere on the page. */
export function acceptFolders(element: HTMLElement, onDrop: (folder: PickedFolder) => void): void {
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
    const entries = [...(event.dataTransfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry() ?? []);
    void Promise.all(entries.map((entry) => filesBelow(entry, entry.isDirectory ? '' : 'scans/'))).then((lists) => {
      const folder = folderOf(lists.flat());
      if (folder) onDrop(folder);
    });
  });
}

async function filesBelow(entry: FileSystemEntry, above: string): Promise<PickedFile[]> {
  const path = `${above}${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const below: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives a part of the folder at a time, and in the end none.
    const part = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (part.length === 0) break;
    below.push(...part);
  }
  return (await Promise.all(below.map((each) => filesBelow(each, `${path}/`)))).flat();
}

/** What was picked as one folder, without what systems hide in it. */
function folderOf(files: readonly PickedFile[]): PickedFolder | undefined {
  const own = files.filter(({ path }) => !path.split('/').some((name) => name.startsWith('.')));
  const [first] = own;
  return first && { name: first.path.split('/')[0] as string, files: own };
}
