/**
 * Asks a worker for one thing, and ends it.
 * @returns what it answers; undefined where it fails
 */
export async function onceInWorker<Out>(
  worker: Worker,
  input: unknown,
  transfer: Transferable[] = [],
): Promise<Out | undefined> {
  try {
    return await new Promise<Out | undefined>((done) => {
      worker.onmessage = ({ data }: MessageEvent<Out>) => done(data);
      worker.onerror = (event) => {
        event.preventDefault();
        done(undefined);
      };
      worker.postMessage(input, transfer);
    });
  } finally {
    worker.terminate();
  }
}
