import type { Random } from '../../src/random.ts';
import type { Mutation } from './format.ts';
import { ANY_BYTES, cut, flips, pick, trailing } from './mutateBytes.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('latin1');

/** A mutation of text, whose characters are bytes. */
export function ofText(name: string, change: (text: string, random: Random) => string | undefined): Mutation {
  return {
    name,
    apply(bytes, random) {
      const changed = change(decoder.decode(bytes), random);
      return changed === undefined ? undefined : new Uint8Array(Buffer.from(changed, 'latin1'));
    },
  };
}

const WORDS = [
  ...['', '0', '-0', '-1', '1', '1000000000', '1e308', '1e999', '-1e999', 'NaN', 'Infinity', '0x10', '1,5', '1e-320'],
  ...['99999999999999999999', 'abc', '"', '""', "'", ';', ',', '=', '%s', '__proto__', 'constructor', '\u0000'],
  ...[
    '\u001b[31m',
    '../../../../outside',
    '/',
    '\u00ff\u00fe',
    '<b>',
    '=1+1',
    'true',
    'null',
    '[]',
    '{}',
    'x'.repeat(5000),
  ],
];

const NUMBER = /[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const WORD = /[^\s,;:="[\]{}]+/g;

function replaced(text: string, pattern: RegExp, random: Random): string | undefined {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return undefined;
  const { 0: old, index } = pick(found, random);
  return text.slice(0, index) + pick(WORDS, random) + text.slice(index + old.length);
}

function ofLines(change: (lines: string[], at: number, random: Random) => void) {
  return (text: string, random: Random): string => {
    const lines = text.split('\n');
    change(lines, random.integer(lines.length), random);
    return lines.join('\n');
  };
}

/** What a text of numbers and words may meet, whatever its format. */
export const TEXT: readonly Mutation[] = [
  ofText('a number', (text, random) => replaced(text, NUMBER, random)),
  ofText('a number', (text, random) => replaced(text, NUMBER, random)),
  ofText('a word', (text, random) => replaced(text, WORD, random)),
  ofText(
    'a line lost',
    ofLines((lines, at) => lines.splice(at, 1)),
  ),
  ofText(
    'a line twice',
    ofLines((lines, at) => lines.splice(at, 0, lines[at] as string)),
  ),
  ofText(
    'lines exchanged',
    ofLines((lines, at, random) => {
      const other = random.integer(lines.length);
      [lines[at], lines[other]] = [lines[other] as string, lines[at] as string];
    }),
  ),
  ofText(
    'a line up to 200,000 times',
    ofLines((lines, at) => {
      const line = lines[at] as string;
      lines[at] = new Array(Math.min(200_000, Math.ceil(2e7 / (line.length + 1)))).fill(line).join('\n');
    }),
  ),
  ofText(
    'a line of a million characters',
    ofLines((lines, at) => lines.splice(at, 0, 'a'.repeat(1e6))),
  ),
  ofText('line ends of Windows', (text) => text.replace(/\n/g, '\r\n')),
  ofText('line ends of old Macs', (text) => text.replace(/\n/g, '\r')),
  ofText('a byte order mark', (text) => `\u00ef\u00bb\u00bf${text}`),
  ofText('as UTF-16', (text) => `\u00ff\u00fe${[...text].map((c) => `${c}\u0000`).join('')}`),
  ofText('another separator', (text, random) =>
    text.replaceAll(pick([',', ' ', '=', ':'], random), pick([';', '\t', '|', ''], random)),
  ),
  ofText('the file twice', (text) => text + text),
  cut(),
  flips(),
  trailing(),
  ...ANY_BYTES,
];

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const VALUES: readonly (() => Json)[] = [
  ...[null, true, false, 0, -1, 1, 1.5, 17, 1e9, -1e9, 1e308, 2 ** 53, 1e-320, '', 'abc', '0', '__proto__', 'toString'],
  ...[
    '../../../../outside',
    '/',
    '.',
    'a\u0000b',
    'two\nlines',
    '\u001b[31mred',
    '<script>',
    [],
    {},
    [[]],
    [null],
    { a: 1 },
  ],
].map((value) => () => structuredClone(value) as Json);

const LARGE: readonly (() => Json)[] = [
  () => 'x'.repeat(1e6),
  () => new Array(200_000).fill(1),
  () => Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n])),
];

/** Every place in a document: the object or list that holds it, and its key. */
export function places(json: Json): { holder: Record<string, Json>; key: string }[] {
  if (typeof json !== 'object' || json === null) return [];
  const holder = json as Record<string, Json>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...places(holder[key] as Json)]);
}

/** A mutation of a JSON document. */
export function ofJson(name: string, change: (json: Json, random: Random) => Json | undefined): Mutation {
  return {
    name,
    apply(bytes, random) {
      const changed = change(parsed(bytes), random);
      return changed === undefined ? undefined : encoder.encode(JSON.stringify(changed));
    },
  };
}

/** An earlier mutation may have left no JSON. */
function parsed(bytes: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json;
  } catch {
    return null;
  }
}

function atPlace(change: (holder: Record<string, Json>, key: string, random: Random) => void) {
  return (json: Json, random: Random): Json | undefined => {
    const all = places(json);
    if (all.length === 0) return undefined;
    const { holder, key } = pick(all, random);
    change(holder, key, random);
    return json;
  };
}

const otherValue = ofJson(
  'another value',
  atPlace((holder, key, random) => {
    holder[key] = pick(VALUES, random)();
  }),
);

/** What a JSON document may meet. */
export const JSON_TEXT: readonly Mutation[] = [
  otherValue,
  otherValue,
  otherValue,
  ofJson(
    'a huge value',
    atPlace((holder, key, random) => {
      holder[key] = pick(LARGE, random)();
    }),
  ),
  ofJson(
    'a number times a thousand',
    atPlace((holder, key) => {
      const value = holder[key];
      if (typeof value === 'number') holder[key] = 1000 * value;
    }),
  ),
  ofJson(
    'a key lost',
    atPlace((holder, key) => {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
    }),
  ),
  ofJson(
    'an unknown key',
    atPlace((holder, _, random) => {
      holder[pick(['extra', 'toString', 'length', '', 'a\nb', 'constructor'], random)] = 1;
    }),
  ),
  ofJson(
    'a list in place of a value',
    atPlace((holder, key) => {
      holder[key] = [holder[key] as Json];
    }),
  ),
  ofJson('another document', (_, random) => pick(VALUES, random)()),
  ofText('__proto__', (text) => text.replace('{', '{"__proto__": {"size": 1, "data": "x", "then": 1}, ')),
  ofText('a name of the prototype', (text, random) => replaced(text, /"\w+"(?=\s*:)/g, random)),
  ofText('nesting of 100,000', (text, random) => {
    const [open, close] = pick(
      [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const,
      random,
    );
    return replacedBy(
      text,
      /(?<=:\s*)("[^"]*"|[\d.]+|true|false|null)/g,
      open.repeat(1e5) + 1 + close.repeat(1e5),
      random,
    );
  }),
  ofText('no JSON: NaN', (text, random) => replacedBy(text, NUMBER, 'NaN', random)),
  ofText('no JSON: a comma more', (text) => text.replace(/([\]}])\s*$/, ',$1')),
  ofText('a number of a thousand digits', (text, random) => replacedBy(text, NUMBER, '9'.repeat(1000), random)),
  ...TEXT,
];

function replacedBy(text: string, pattern: RegExp, by: string, random: Random): string | undefined {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return undefined;
  const { 0: old, index } = pick(found, random);
  return text.slice(0, index) + by + text.slice(index + old.length);
}
