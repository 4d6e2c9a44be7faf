import { expect, test } from 'vitest';
import { earthmorph } from './support.ts';

test.each([
  ['train'],
  ['register'],
  ['evaluate'],
  ['graph'],
  ['demo'],
  ['metrics'],
  ['tre'],
  ['distance'],
  ['compare-losses'],
  ['warp'],
  ['jacobian'],
  ['experiment'],
  ['experiment run'],
  ['experiment report'],
  ['sweep'],
  ['sweep status'],
  ['worker'],
  ['trial'],
  ['data'],
  ['data fetch'],
  ['data check'],
  ['data phantom'],
  ['data simulate-us'],
])('%s --help describes the command with an example', async (command) => {
  const { code, stdout, stderr } = await earthmorph([...command.split(' '), '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`Usage: earthmorph ${command}`);
  expect(stdout).toMatch(new RegExp(`Examples?:\n {2}earthmorph ${command}`));
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
