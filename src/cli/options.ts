import { join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { fileAndVolume } from '../dataset/paths.ts';
import { MRI_SEQUENCES } from '../dataset/resect.ts';
import { assertDistinctFiles, type NamedFile } from '../file/distinctFiles.ts';
import { DEVICES } from '../graph/index.ts';

/** The option of a key: `fixedLabels` is `--fixed-labels`. */
export function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A whole number of at least `least`, and at most `most`. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (value > most) throw new InvalidArgumentError(`It must be a whole number of at most ${most}.`);
    if (text.trim() === '' || !Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    return value;
  };
}

/** A finite number of at least `least`. */
export function number(least = Number.NEGATIVE_INFINITY): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < least)
      throw new InvalidArgumentError(
        least === Number.NEGATIVE_INFINITY ? 'It must be a number.' : `It must be a number of at least ${least}.`,
      );
    return value;
  };
}

/** One of a list of words. */
export function choice<T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`);
    return found;
  };
}

/** `--device` of every command that computes. */
export const deviceOption = (): Option =>
  new Option('--device <name>', `where to compute: ${DEVICES.join(', ')}`).argParser(choice(DEVICES)).default('cpu');

/** `--threads` of every command that computes. */
export const threadsOption = (text = 'threads of the CPU (default: all cores)'): Option =>
  new Option('--threads <n>', text).argParser(whole(1));

/** `--memory` of commands that can do with less. */
export const memoryOption = (text: string): Option => new Option('--memory <size>', text).argParser(bytes);

/** `4GB`, `800MB`, or a number of GB; in bytes. */
function bytes(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*(GB?|MB?|)$/i.exec(text.trim()) ?? [];
  const value = Number(count) * (/^m/i.test(unit ?? '') ? 1e6 : 1e9);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a size such as 4GB or 800MB.');
  return value;
}

/** `--json` of every command that prints. */
export const jsonOption = (text = 'print JSON'): Option => new Option('--json', text);

/** `--mri-sequence` of every command that registers pairs of RESECT. */
export const mriOption = (): Option =>
  new Option(
    '--mri-sequence <name>',
    'which MRI of RESECT is moved onto the ultrasound: T1 (default) or FLAIR',
  ).argParser(choice(MRI_SEQUENCES));

/** `key=value` pairs, collected; numbers, true, false and lists such as [1,2] are understood. */
export function assignments(text: string, known: Record<string, unknown> = {}): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`"${text}" must have the form name=value.`);
  const value = text.slice(at + 1);
  return { ...known, [text.slice(0, at)]: parseWord(value) };
}

function parseWord(text: string): unknown {
  if (text === 'true') return true;
  if (text === 'false') return false;
  const list = /^\[(.*)\]$/.exec(text)?.[1];
  if (list !== undefined) return list.trim() === '' ? [] : list.split(',').map((word) => parseWord(word.trim()));
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * Checks, before work begins, that none of the options that name outputs names the file of another, or a file that is
 * read.
 * @param moreInputs what is read beside what options name
 * @throws UserError when one does
 */
export async function assertOutputs<Options extends object>(
  options: Options,
  outputs: readonly (keyof Options & string)[],
  inputs: readonly (keyof Options & string)[],
  moreInputs: readonly NamedFile[] = [],
): Promise<void> {
  const filesOf = (keys: readonly (keyof Options & string)[]): NamedFile[] =>
    keys.flatMap((key) => {
      const path = options[key];
      if (typeof path !== 'string') return [];
      // A model may be named by the folder of its run.
      const paths = key === 'model' ? [path, join(path, 'model.onnx')] : [fileAndVolume(path).file];
      return paths.map((each) => ({ name: optionName(key), path: each }));
    });
  await assertDistinctFiles(filesOf(outputs), [...filesOf(inputs), ...moreInputs]);
}
