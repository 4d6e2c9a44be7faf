import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Counts the files of src/ that one trial of an experiment and one pair walk through: those of which a function runs,
 * less those that run for `--version` alone. Started by `npm run walks`.
 */
const src = new URL('../src/', import.meta.url).href;
const main = fileURLToPath(new URL('cli/main.ts', src));
const folder = mkdtempSync(join(tmpdir(), 'earthmorph-walks-'));

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly functionName: string; readonly ranges: readonly { count: number }[] }[];
  }[];
}

/** The files of which a function runs; the first function of a file is its module. */
function filesOf(...args: readonly string[]): Set<string> {
  const coverage = mkdtempSync(join(folder, 'coverage-'));
  // Through the variable, processes of trainings are counted too.
  const env = { ...process.env, NODE_V8_COVERAGE: coverage, NODE_OPTIONS: `--import ${import.meta.resolve('tsx')}` };
  execFileSync(process.execPath, [main, ...args], { cwd: folder, env, stdio: 'ignore' });
  const ran = readdirSync(coverage).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as Coverage;
    return result.filter(
      ({ url, functions }) =>
        url.startsWith(src) &&
        functions.slice(1).some(({ functionName, ranges }) => functionName !== '__name' && ranges[0]!.count > 0),
    );
  });
  return new Set(ran.map(({ url }) => url.slice(src.length)));
}

/** Folders whose files hand the work on; the others are rooms that a walk need not enter. */
const WALK = ['cli', 'experiment', 'workflow', 'registration', 'training'];

const REFINED = ['--model', 'none', '--align', 'rigid', '--refine', '2'];

try {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)));
  const usual = filesOf('--version');
  const experiment = { name: 'walk', data: 'phantom', losses: ['mse'], seeds: [1], epochs: 1, size: 16, pad: 64 };
  writeFileSync(join(folder, 'walk.json'), JSON.stringify({ ...experiment, phantomCases: 12 }));
  filesOf('data', 'phantom', '--out', 'scans', '--cases', '2');
  const image = (n: number): string => join('scans', 'imagesTr', `phantom_00${n}.nii.gz`);
  const walks = {
    'one trial': filesOf('experiment', 'run', 'walk.json', '--out', 'out', '--processes', '1', '--threads', '1'),
    'one pair, by a model': filesOf('register', image(1), image(2), '--model', 'hippocampus', '--moved', 'a.nii.gz'),
    'one pair, aligned and refined': filesOf('register', image(1), image(2), ...REFINED, '--moved', 'c.nii.gz'),
    'one pair, by a plan': filesOf('register', image(1), image(2), '--moved', 'b.nii.gz', '--effort', 'fast'),
  };
  for (const [name, files] of Object.entries(walks)) {
    const counts = new Map<string, number>();
    for (const file of files) {
      const room = file.split('/')[0] as string;
      if (!usual.has(file)) counts.set(room, (counts.get(room) ?? 0) + 1);
    }
    const sum = (rooms: readonly string[]): number => rooms.reduce((total, room) => total + (counts.get(room) ?? 0), 0);
    const below = [...counts.keys()].filter((room) => !WALK.includes(room));
    console.log(`${name}: ${sum(WALK)} files of ${WALK.join(', ')}, ${sum(below)} of the rooms below`);
    console.log(`  ${[...counts].map(([room, count]) => `${room} ${count}`).join(', ')}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
