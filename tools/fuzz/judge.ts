import type { Expectation } from './format.ts';
import { LIMIT } from './watch.ts';

/** What came of one input. */
export interface Outcome {
  readonly door: 'library' | 'program' | 'process';
  /** Exit code, or for the library what the program would have ended with; null where it was ended. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of the library: the sentence or the trace. */
  readonly message?: string | undefined;
  /** That it was ended, and why. */
  readonly ended?: string | undefined;
  readonly bytes: number;
  readonly unsound?: string | undefined;
  readonly digest?: string | undefined;
  /** Files that were not there before, that are gone, or that changed. */
  readonly touched: readonly string[];
  /** Temporary files and folders that are left. */
  readonly left: readonly string[];
}

/** How JavaScript, a schema or a native library talks when nobody has put it into words. */
const RAW =
  /Cannot read propert|is not a function|is not iterable|is not defined|Invalid (array|typed array|string) length|call stack|allocation failed|out of bounds|ERR_|Error: |^\s+at |\[object |\bundefined\b|onnxruntime|expected .* received/im;

/** Characters that act on a terminal, and the sign of what could not be decoded in our own words. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

const LONGEST_SENTENCE = 1500;

/** What is wrong with an outcome, or undefined where it is as it must be. `digest` is that of the unharmed input. */
export function fault(outcome: Outcome, expectation: Expectation, digest?: string): string | undefined {
  const { code, ended, bytes, touched, left, stderr, stdout } = outcome;
  if (ended !== undefined) return ended;
  if (code !== 0 && code !== 2) return `it ended with code ${code}: ${excerpt(outcome.message ?? stderr)}`;
  if (bytes > LIMIT.bytes) return `it took ${(bytes / 1e9).toFixed(1)} GB`;
  if (left.length > 0) return `it left ${left.join(', ')}`;
  if (outcome.door === 'library' && (stdout !== '' || stderr !== ''))
    return `the library printed: ${excerpt(stdout + stderr)}`;
  const wrong = code === 2 ? faultOfRefusal(outcome) : faultOfResult(outcome);
  if (wrong !== undefined) return wrong;
  if (code === 2 && touched.length > 0) return `it refused, and wrote ${touched.join(', ')}`;
  if (code === 2 && expectation === 'success') return `it refused what is right: ${excerpt(outcome.message ?? stderr)}`;
  if (code === 0 && expectation === 'refusal') return 'it took what is damaged for whole';
  if (code === 0 && expectation === 'same' && outcome.digest !== digest)
    return 'it took what is damaged for whole, and read something else';
  return undefined;
}

function faultOfRefusal({ door, message, stderr, stdout }: Outcome): string | undefined {
  // `data check` reports on standard output what it found, and ends with 2.
  if (door !== 'library' && stderr === '' && stdout !== '') return faultOfText(stdout, 'its report');
  const sentence = door === 'library' ? (message ?? '') : stderr.replace(/^(Note: [^\n]+\n)+/, '').replace(/\n$/, '');
  if (door !== 'library' && !sentence.startsWith('earthmorph: ')) return `no sentence: ${excerpt(stderr)}`;
  if (sentence.includes('\n')) return `more than one line: ${excerpt(sentence)}`;
  if (sentence.length > LONGEST_SENTENCE) return `a sentence of ${sentence.length} characters: ${excerpt(sentence)}`;
  if (!/[.?!)]$/.test(sentence)) return `a sentence without an end: ${excerpt(sentence)}`;
  return faultOfText(sentence, 'its sentence');
}

function faultOfResult({ unsound, stderr, stdout }: Outcome): string | undefined {
  if (/\b(NaN|-?Infinity)\b/.test(stdout)) return `it printed something that is no number: ${excerpt(stdout)}`;
  return unsound ?? faultOfText(stderr, 'what it noted') ?? faultOfText(stdout, 'what it printed');
}

function faultOfText(text: string, what: string): string | undefined {
  if (CONTROL.test(text)) return `${what} holds control characters: ${excerpt(text)}`;
  if (RAW.test(text)) return `${what} is not in words: ${excerpt(text)}`;
  return undefined;
}

function excerpt(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.length > 600 ? `${quoted.slice(0, 600)}…` : quoted;
}
