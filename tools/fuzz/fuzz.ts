/**
 * Harms files of every kind that is read, in ways that know their formats, and gives them to the library and to the
 * command line. Each must end in a sound result, or in one sentence and exit code 2.
 *
 * npm run fuzz -- [--seed n] [--cases n] [--minutes n] [--format name] [--lanes n]
 * npm run fuzz -- --seed n --case n [--keep folder]     one case again, its files kept
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
// @ts-expect-error It is JavaScript, for Node itself to run before anything is installed.
import { ensureBuilt } from '../ensure-built.mjs';
import { type Case, Cases, jobOf } from './cases.ts';
import { Lane } from './lane.ts';

/** As many as take about a minute. */
const CASES = 300;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string' },
    minutes: { type: 'string' },
    case: { type: 'string' },
    keep: { type: 'string' },
    format: { type: 'string', multiple: true, default: [] },
    lanes: { type: 'string', default: '2' },
  },
});

ensureBuilt();
const folder = mkdtempSync(join(tmpdir(), 'earthmorph-fuzz-'));
process.exitCode = 1;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
try {
  const cases = new Cases(folder, Number(values.seed), values.format);
  process.exitCode = values.case === undefined ? await fuzz(cases) : await again(cases, Number(values.case));
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

/** Many cases, in lanes beside each other. */
async function fuzz(cases: Cases): Promise<number> {
  const end = values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + 60_000 * Number(values.minutes);
  const count = Number(values.cases ?? (values.minutes === undefined ? CASES : Number.POSITIVE_INFINITY));
  let next = 0;
  let failed = 0;
  let done = 0;
  const work = async (lane: Lane): Promise<void> => {
    while (next < count && Date.now() < end) {
      const each = await cases.make(next++);
      const wrong = await lane.run(each);
      done++;
      if (wrong !== undefined) {
        failed++;
        console.log(`${describe(each)}\n  ${wrong}\n  again: npm run fuzz -- ${repeated(each)} --keep <folder>\n`);
      } else if (done % 100 === 0) console.log(`${done} inputs, ${failed} failed`);
    }
  };
  const lanes = Array.from({ length: Number(values.lanes) }, (_, n) => new Lane(join(folder, `lane-${n}`)));
  try {
    await Promise.all(lanes.map(work));
  } finally {
    await Promise.all(lanes.map((lane) => lane.end()));
  }
  console.log(`Seed ${values.seed}: ${done} inputs, ${failed} failed.`);
  return failed > 0 ? 1 : 0;
}

/** One case, by its number. */
async function again(cases: Cases, number: number): Promise<number> {
  const each = await cases.make(number);
  const lane = new Lane(join(folder, 'lane'));
  if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true });
  const wrong = await lane.run(each, values.keep).finally(() => lane.end());
  console.log(`${describe(each)}\n  ${wrong ?? 'as it must be'}`);
  return wrong === undefined ? 0 : 1;
}

function describe(each: Case): string {
  const job = jobOf(each, values.keep ?? '$');
  const call = job.door === 'library' ? `${job.call}(${job.path})` : `earthmorph ${job.args.join(' ')}`;
  const how = each.inProcess && job.door === 'program' ? ' (built program)' : '';
  return `case ${each.number}, ${each.seed.target}: ${each.harm}, ${each.expectation}\n  ${call}${how}`;
}

function repeated({ number }: Case): string {
  const formats = values.format.map((name) => ` --format ${name}`).join('');
  return `--seed ${values.seed} --case ${number}${formats}`;
}
