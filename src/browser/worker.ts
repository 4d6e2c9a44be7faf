import { DeviceError, UserError } from '../errors.ts';
import { given } from '../given.ts';
import { useWasm } from '../graph/runtime.ts';
import { Gate } from './gate.ts';
import { KeptRun, RUN_FILES } from './keptRun.ts';
import type { Answer, RegistrationEvent, Request, TaskName, WorkerSettings } from './protocol.ts';
import { Workshop } from './tasks.ts';
import { testKept } from './testTask.ts';
import type { TrainingEvent, TrainingTasks } from './trainingProtocol.ts';
import { trainKept } from './trainingTask.ts';
import { warmUp } from './warmUp.ts';

type Task = (input: unknown, tell: (event: RegistrationEvent | TrainingEvent) => void) => Promise<unknown>;

type TrainingTask<Name extends keyof TrainingTasks> = (
  input: TrainingTasks[Name]['input'],
  tell: (event: TrainingEvent) => void,
) => Promise<TrainingTasks[Name]['output']>;

/** What a worker has of the page. */
interface Scope {
  onmessage: ((message: MessageEvent<Request>) => void) | null;
  postMessage(answer: Answer, options: { readonly transfer: Transferable[] }): void;
}

/**
 * Lets this worker compute for a page. Tasks come one by one, and each is answered. The arrays of an answer are handed
 * over, not copied, so that the page need not wait for them.
 * @param scope the worker's own
 */
export function serveTasks(scope: Scope): void {
  const workshop = new Workshop();
  const gate = new Gate();
  let runtime: Pick<WorkerSettings, 'threads' | 'device'> = {};
  let isWanted = false;
  const trainings: { readonly [Name in keyof TrainingTasks]: TrainingTask<Name> } = {
    train: (input, tell) => trainKept(input, { tell, gate, runtime }),
    test: (run, tell) => testKept(run, { tell, gate, runtime }),
    trainedModel: async (run) => (await KeptRun.open(run)).files.read(RUN_FILES.model),
    forgetTraining: async (run) => void (await KeptRun.remove(run)),
  };
  const isOfTraining = (name: TaskName): name is keyof TrainingTasks => name in trainings;
  let ready: Promise<unknown> = Promise.resolve();
  const answer = (message: Answer): void => scope.postMessage(message, { transfer: buffersOf(message) });
  const carryOut = async ({ id, name, input }: Extract<Request, { kind: 'task' }>): Promise<void> => {
    const task = (isOfTraining(name) ? trainings[name] : workshop[name].bind(workshop)) as Task;
    try {
      const output = await task(input, (event) => answer({ id, kind: 'event', event }));
      answer({ id, kind: 'done', output });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // The page chose the device, so that it is no mistake of the user.
      answer({ id, kind: 'failed', message, isMistake: error instanceof UserError && !(error instanceof DeviceError) });
    }
  };
  scope.onmessage = ({ data }) => {
    if (data.kind === 'task') {
      isWanted = true;
      ready = ready.then(() => carryOut(data));
      return;
    }
    if (data.kind === 'hold') {
      if (data.isHeld) gate.close();
      else gate.open();
      return;
    }
    const { threads, device, runtime: files } = data.settings;
    runtime = given({ threads, device });
    workshop.use(runtime);
    // Where this fails, the first task says why.
    ready = useWasm(threads ?? 1, files)
      .then(() => warmUp(threads, () => isWanted))
      .catch(() => undefined);
  };
}

/** The memory of all arrays in an answer. */
function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (typeof value === 'object' && value !== null) {
    for (const each of Object.values(value)) buffersOf(each, found);
  }
  return [...found];
}
