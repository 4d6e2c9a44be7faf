/** What was dropped, which is a folder or a file. */
export interface Dropped {
  readonly name: string;
  readonly isFolder: boolean;
  /** The file, or all files below the folder, with their paths from it on. */
  readonly files: readonly PathAndFile[];
}

interface PathAndFile {
  readonly path: string;
  readonly file: File;
}

/** Takes files and folders that are dropped anywhere on the page. */
export function acceptDrop(
  element: HTMLElement,
  onDrop: (dropped: readonly Dropped[], target: EventTarget | null) => void,
): void {
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
    // What was dropped is only there until the first wait.
    const items = [...(dataTransfer?.items ?? [])];
    void Promise.all(items.flatMap((item) => droppedOf(item) ?? [])).then((dropped) => onDrop(dropped, target));
  });
}

function droppedOf(item: DataTransferItem): Promise<Dropped> | undefined {
  const entry = item.webkitGetAsEntry();
  if (entry?.isDirectory) return filesBelow(entry, '').then((files) => ({ name: entry.name, isFolder: true, files }));
  const file = item.getAsFile();
  return file ? Promise.resolve({ name: file.name, isFolder: false, files: [{ path: file.name, file }] }) : undefined;
}

async function filesBelow(entry: FileSystemEntry, above: string): Promise<PathAndFile[]> {
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
