/**
 * Asks a worker for one thing, and ends it.
 * @param seconds that it may take: a damaged file may send a library round in circles
 * @returns what it answers; undefined where it fails or takes too long
 */
export async function onceInWorker<Out>(
  worker: Worker,
  input: unknown,
  seconds: number,
  transfer: Transferable[] = [],
): Promise<Out | undefined> {
  let timer: number | undefined;
  try {
    return await new Promise<Out | undefined>((done) => {
      worker.onmessage = ({ data }: MessageEvent<Out>) => done(data);
      worker.onerror = (event) => {
        event.preventDefault();
        done(undefined);
      };
      timer = window.setTimeout(done, 1000 * seconds);
      worker.postMessage(input, transfer);
    });
  } finally {
    window.clearTimeout(timer);
    worker.terminate();
  }
}
