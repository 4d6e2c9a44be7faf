import { imageFormat, withoutImageExtension } from '../volume/imageFormat.ts';

/** A relative path without `.` steps: `./imagesTr//a.nii` is `imagesTr/a.nii`. */
export function tidy(path: string): string {
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  return steps.join('/');
}

/** Joins a folder and a path below it with forward slashes: `join('data', './imagesTr/a.nii')`. */
export function join(folder: string, path: string): string {
  if (folder === '') return tidy(path);
  return `${folder.replace(/\/+$/, '')}/${tidy(path)}`;
}

/** Whether a path starts at the root of a disk. */
export function isAbsolute(path: string): boolean {
  return /^(\/|[a-z]:[/\\])/i.test(path);
}

/** The last step of a path. */
export function baseName(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) ?? '';
}

/** Everything before the last step of a path, `''` when there is nothing. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end === 0 ? '/' : path.slice(0, Math.max(end, 0));
}

/** A volume by its name. The `._name` that macOS leaves beside a file in archives is none. */
export function isVolumeFile(path: string): boolean {
  return imageFormat(path) !== undefined && !baseName(path).startsWith('._');
}

/** A volume of a 4-D NIfTI file: `a.nii.gz,2` is the second of a.nii.gz, as SPM writes it. */
export function fileAndVolume(path: string): { readonly file: string; readonly volume?: number } {
  const [, file, volume] = /^(.*\.nii(?:\.gz)?),(\d+)$/i.exec(path) ?? [];
  return file === undefined ? { file: path } : { file, volume: Number(volume) };
}

/** The file name without its extension: `.nii`, `.nii.gz`, `.nrrd` and so on. */
export function volumeName(path: string): string {
  return withoutImageExtension(baseName(path));
}

/** Ascending by code unit: the same order in every locale, which a seeded shuffle needs. */
export function sorted(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
