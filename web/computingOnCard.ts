import * as runtime from 'onnxruntime-web/jspi';
import { serveTasks } from '../src/browser/worker.ts';
import { useRuntime } from '../src/graph/runtime.ts';

useRuntime(runtime);
serveTasks(self);
