/**
 * Registration and training in a page's worker. No bundler is needed, and nothing else of the package is loaded.
 *
 * @packageDocumentation
 */

export type { WorkerFiles, WorkerOptions } from './browser/openWorker.ts';
export type {
  RegistrationEvent,
  ResultFile,
  WorkerRegistration,
} from './browser/protocol.ts';
export {
  type InWorkerOptions,
  type NamedBlob,
  type RegisteredInWorker,
  registerInWorker,
} from './browser/registerInWorker.ts';
export {
  forgetTraining,
  type TrainedInWorker,
  type TrainInWorkerOptions,
  trainInWorker,
} from './browser/trainInWorker.ts';
export type { DataToMake, PickedFile, TrainingEvent } from './browser/trainingProtocol.ts';
export { Cancelled } from './browser/workerClient.ts';
export { UserError } from './errors.ts';
