import load from '../node_modules/@niivue/dcm2niix/dist/dcm2niix.jpeg.js';
import type { Converted } from '../src/volume/dicomSeries.ts';

/** What a worker has of the page. */
interface Scope {
  onmessage: ((message: MessageEvent<readonly { name: string; bytes: Uint8Array }[]>) => void) | null;
  postMessage(answer: Pick<Converted, 'outputs' | 'lines'>): void;
}

/** Converts the files of a folder once, with the options of the command line; nothing comes out where it fails. */
(self as Scope).onmessage = async ({ data }) => {
  const lines: string[] = [];
  const print = (line: string): unknown => lines.push(line);
  try {
    const { FS, callMain } = await load({ print, printErr: print });
    FS.mkdir('/in');
    FS.mkdir('/out');
    for (const [n, { name, bytes }] of data.entries())
      FS.createDataFile('/in', `${n}_${name}`, bytes, true, true, true);
    callMain(['-b', 'y', '-ba', 'y', '-z', 'n', '-f', '%s', '-o', '/out', '/in']);
    const names = FS.readdir('/out').filter((name) => /\.(nii|json)$/.test(name));
    self.postMessage({ lines, outputs: names.map((name) => [name, FS.readFile(`/out/${name}`)]) });
  } catch {
    self.postMessage({ lines, outputs: [] });
  }
};
