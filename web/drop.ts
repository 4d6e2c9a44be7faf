import { type Place, takeFiles } from './files.ts';
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
    void takeDropped(session, dataTransfer, place);
  });
}

async function takeDropped(session: Session, data: DataTransfer | null, place: Place): Promise<void> {
  // What was dropped is only there until the first wait.
  const entries = [...(data?.items ?? [])].map((item) => item.webkitGetAsEntry());
  const files = [...(data?.files ?? [])];
  const folders = await Promise.all(
    entries
      .filter((entry): entry is FileSystemDirectoryEntry => entry?.isDirectory === true)
      .map(async (entry) => ({ name: entry.name, files: await filesIn(entry) })),
  );
  const plain = folders.length === 0 ? files : files.filter((_, n) => entries[n]?.isDirectory !== true);
  await takeFiles(session, plain, plain.length + folders.length === 1 ? place : 'any', folders);
}

/** The files of a folder, those of the folders in it too. */
async function filesIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const found: File[] = [];
  while (true) {
    // A reader gives so many entries at a time, and none in the end.
    const entries = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (entries.length === 0) return found;
    for (const entry of entries) {
      if (entry.isDirectory) found.push(...(await filesIn(entry as FileSystemDirectoryEntry)));
      else found.push(await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed)));
    }
  }
}
