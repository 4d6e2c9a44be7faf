import { UserError } from '../errors.ts';
import { useWasm } from '../graph/runtime.ts';
import type { Answer, RegistrationEvent, Request } from './protocol.ts';
import { Workshop } from './tasks.ts';

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
  let ready: Promise<unknown> = Promise.resolve();
  const carryOut = async ({ id, name, input }: Extract<Request, { kind: 'task' }>): Promise<void> => {
    const task = workshop[name].bind(workshop) as (
      input: unknown,
      tell: (event: RegistrationEvent) => void,
    ) => Promise<unknown>;
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
    const { threads, runtime } = data.settings;
    workshop.useThreads(threads);
    ready = useWasm(threads ?? 1, runtime);
  };
}
