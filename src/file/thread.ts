import { Worker } from 'node:worker_threads';
import { memoryFor, secondsFor } from '../volume/foreignBounds.ts';

/** Bounds the memory of WebAssembly: what needs more fails, as where there is none. */
const bounded = (most: number): string => `
const { grow } = WebAssembly.Memory.prototype;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + 65536 * pages > ${most}) throw new RangeError('too much memory');
  return grow.call(this, pages);
};
`;

/**
 * Runs a script in its own thread, for a library that is not ours. Its output, its memory and its failures stay there.
 * A damaged file may send it round in circles, so its time is bounded.
 * @param script JavaScript that posts one message
 * @param bytes of what it reads
 * @param most bytes that its WebAssembly may take
 * @returns the message; undefined where the script fails or takes too long
 */
export function inThread<T>(
  script: string,
  workerData: unknown,
  bytes: number,
  most = memoryFor(bytes),
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(`${bounded(most)}${script}`, { eval: true, workerData, stdout: true, stderr: true });
    const done = (message?: T): void => {
      clearTimeout(timer);
      resolve(message);
      void worker.terminate();
    };
    const timer = setTimeout(done, 1000 * secondsFor(bytes));
    worker.once('message', done);
    worker.once('error', () => done());
    worker.once('exit', () => done());
  });
}
