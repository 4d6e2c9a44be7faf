import { expect, test } from 'vitest';
import { earthmorph } from './support.ts';

const COMMANDS = [
  'train',
  'register',
  'evaluate',
  'graph',
  'demo',
  'metrics',
  'tre',
  'distance',
  'compare-losses',
  'warp',
  'jacobian',
  'experiment',
  'experiment run',
  'experiment report',
  'experiment apply',
  'submission',
  'sweep',
  'sweep run',
  'sweep status',
  'worker',
  'trial',
  'view',
  'data',
  'data fetch',
  'data check',
  'data phantom',
  'data shapes',
  'data simulate-us',
];

/** What the help of a command lists below it. */
async function listed(...parent: string[]): Promise<string[]> {
  const { stdout } = await earthmorph([...parent, '--help']);
  const [list = ''] = stdout.slice(stdout.indexOf('\nCommands:\n')).split('\nExample');
  const names = [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => [...parent, name].join(' '));
  return names.filter((name) => !name.endsWith('help'));
}

test('the commands below are all that there are', async () => {
  const top = await listed();
  const below = await Promise.all(['data', 'experiment', 'sweep'].map((parent) => listed(parent)));
  expect([...top, ...below.flat()].sort()).toEqual([...COMMANDS].sort());
});

test.each(COMMANDS)('%s --help describes the command with an example', async (command) => {
  const { code, stdout, stderr } = await earthmorph([...command.split(' '), '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`Usage: earthmorph ${command}`);
  // What `sweep` does by itself is called `sweep run` in full.
  expect(stdout).toMatch(new RegExp(`Examples?:\n {2}earthmorph ${command.replace('sweep run', 'sweep')}`));
});

test('sweep --help has the options of what it runs', async () => {
  const { stdout } = await earthmorph(['sweep', '--help']);
  for (const option of [
    '--out',
    '--data',
    '--processes',
    '--queue',
    '--queue-password-file',
    '--hours',
    '--slurm',
    '--json',
  ])
    expect(stdout).toContain(`  ${option} `);
  expect(stdout).toContain('EARTHMORPH_QUEUE_PASSWORD');
  expect((await earthmorph(['sweep', 'status', '--help'])).stdout).not.toContain('--slurm');
});

test('without a command the help is shown, with the exit code of a mistake', async () => {
  for (const args of [[], ['data']]) {
    const { code, stdout, stderr } = await earthmorph(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Commands:');
  }
});

test('--version prints the version of the package', async () => {
  expect(await earthmorph(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});
