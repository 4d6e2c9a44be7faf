import { serveTasks } from '../src/browser/worker.ts';

serveTasks(self);
