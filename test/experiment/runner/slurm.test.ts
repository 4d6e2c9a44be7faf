import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { shellWord, slurmScript } from '../../../src/experiment/runner/slurm.ts';

const run = promisify(execFile);
const JOB = {
  name: 'The paper’s setting',
  command: 'earthmorph',
  folder: '/scratch/my runs',
  ids: ['mse_seed1', "o'neill_seed2"],
  threads: 2,
  hours: 1.75,
  processes: 8,
};

describe('slurmScript', () => {
  it('asks for a task a trial and what each needs', () => {
    const script = slurmScript(JOB);
    for (const line of [
      '--array=0-1%8',
      '--cpus-per-task=2',
      '--time=1:45:00',
      '--requeue',
      '--job-name=The-paper-s-setting',
    ])
      expect(script).toContain(`#SBATCH ${line}\n`);
  });

  it('is a script that calls the trial of its number, and asks to be queued again shortly before its time is over', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'earthmorph-slurm-'));
    try {
      const said = join(folder, 'said');
      const tool = join(folder, 'tool');
      const scontrol = join(folder, 'scontrol');
      // Stands in for the command: says how it was called, then works until it is interrupted.
      await writeFile(
        tool,
        `#!/usr/bin/env bash\nprintf '<%s>' "$@" > ${said}\n[ -n "\${WORK:-}" ] && { trap 'exit 130' INT; kill -USR1 $PPID; for i in {1..100}; do sleep 0.05; done; }\nexit 0\n`,
        { mode: 0o755 },
      );
      await writeFile(scontrol, `#!/usr/bin/env bash\nprintf ' %s' "$@" >> ${said}\n`, { mode: 0o755 });
      await writeFile(join(folder, 'job.sh'), slurmScript({ ...JOB, command: tool }));
      const env = {
        ...process.env,
        PATH: `${folder}:${process.env.PATH}`,
        SLURM_ARRAY_JOB_ID: '7',
        SLURM_ARRAY_TASK_ID: '1',
      };
      await run('bash', [join(folder, 'job.sh')], { env });
      const call = "<trial></scratch/my runs><o'neill_seed2><--threads><2>";
      expect(await readFile(said, 'utf8')).toBe(call);
      await run('bash', [join(folder, 'job.sh')], { env: { ...env, WORK: '1' } });
      expect(await readFile(said, 'utf8')).toBe(`${call} requeue 7_1`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each([
    'plain/path-1.js',
    'with space',
    "it's",
    'a "quoted" one',
    '$HOME/`id`/$(id)',
    'two\nlines',
    '-rf',
    '~/x',
    'a;b|c&d>e*?[x]{y,z}!#\\',
    '',
  ])('hands a path on as it is: %j', async (path) => {
    const { stdout } = await run('bash', ['-c', `printf '%s.' ${shellWord(path)}`]);
    expect(stdout).toBe(`${path}.`);
  });

  it('calls the trial in a folder with any name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'earthmorph-slurm-'));
    try {
      const tool = join(folder, "the $tool's");
      await writeFile(tool, '#!/usr/bin/env bash\nprintf "<%s>" "$@"\n', { mode: 0o755 });
      const runs = join(folder, 'my "runs"\n$(touch touched)');
      await writeFile(join(folder, 'job.sh'), slurmScript({ ...JOB, command: shellWord(tool), folder: runs }));
      const env = { ...process.env, SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '0' };
      const { stdout } = await run('bash', [join(folder, 'job.sh')], { env, cwd: folder });
      expect(stdout).toBe(`<trial><${runs}><mse_seed1><--threads><2>`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('has nothing to submit where all is done', () => {
    expect(() => slurmScript({ ...JOB, ids: [] })).toThrow(/nothing to submit/);
  });
});
