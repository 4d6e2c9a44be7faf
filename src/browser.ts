/**
 * Registration in a page's worker: no bundler is needed, and nothing else of the package is loaded into the page.
 *
 * @packageDocumentation
 */

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
  type WorkerFiles,
} from './browser/registerInWorker.ts';
export { Cancelled } from './browser/workerClient.ts';
export { UserError } from './errors.ts';
