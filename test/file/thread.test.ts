import { expect, it } from 'vitest';
import { inThread } from '../../src/file/thread.ts';

const post = (value: string): string => `require('node:worker_threads').parentPort.postMessage(${value});`;

it('a thread gives its message', async () => {
  expect(await inThread(post('require("node:worker_threads").workerData.n + 1'), { n: 2 }, 0)).toBe(3);
});

it('nothing where it fails, ends or asks for too much memory', async () => {
  const grown = `const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });`;
  expect(await inThread('throw new Error("no");', {}, 0)).toBeUndefined();
  expect(await inThread('', {}, 0)).toBeUndefined();
  expect(await inThread(`${grown} memory.grow(9000); ${post('1')}`, {}, 0)).toBeUndefined();
  expect(await inThread(`${grown} memory.grow(100); ${post('1')}`, {}, 0)).toBe(1);
});
