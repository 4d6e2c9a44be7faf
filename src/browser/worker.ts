import { UserError } from '../errors.ts';
import { useWasm } from '../graph/runtime.ts';
import { Gate } from './gate.ts';
import type { Answer, RegistrationEvent, Request, Tasks } from './protocol.ts';
import { Workshop } from './tasks.ts';
import type { TrainingEnd, TrainingEvent } from './trainingProtocol.ts';
import { trainKept } from './trainingTask.ts';

type Task = (input: unknown, tell: (event: RegistrationEvent | TrainingEvent) => void) => Promise<unknown>;

/** What a worker has of the page. */
interface Scope {
  onmessage: ((message: MessageEvent<Request>) => void) | null;
  postMessage(answer: Answer): void;
}

/**
 * Lets this worker compute for a page. Tasks come one by one, and each is answered; what they hold is copied, not taken
 * from the page.
 * @param scope the worker's own
 */
export function serveTasks(scope: Scope): void {
  const workshop = new Workshop();
  const gate = new Gate();
  let threads: number | undefined;
  const trainTask = (input: Tasks['train']['input'], tell: (event: TrainingEvent) => void): Promise<TrainingEnd> =>
    trainKept(input, { tell, gate, threads });
  let ready: Promise<unknown> = Promise.resolve();
  const carryOut = async ({ id, name, input }: Extract<Request, { kind: 'task' }>): Promise<void> => {
    const task = (name === 'train' ? trainTask : workshop[name].bind(workshop)) as Task;
    try {
      const output = await task(input, (event) => scope.postMessage({ id, kind: 'event', event }));
      scope.postMessage({ id, kind: 'done', output });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      scope.postMessage({ id, kind: 'failed', message, isMistake: error instanceof UserError });
    }
  };
  scope.onmessage = ({ data }) => {
    if (data.kind === 'task') {
      ready = ready.then(() => carryOut(data));
      return;
    }
    if (data.kind === 'hold') {
      if (data.isHeld) gate.close();
      else gate.open();
      return;
    }
    const { runtime } = data.settings;
    threads = data.settings.threads;
    workshop.useThreads(threads);
    ready = useWasm(threads ?? 1, runtime);
  };
}
