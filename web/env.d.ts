/// <reference types="vite/client" />

/** dcm2niix as its package has it: emscripten's module, no part of the package's own interface. */
declare module '*/dcm2niix.jpeg.js' {
  interface Files {
    mkdir(path: string): void;
    readdir(path: string): string[];
    readFile(path: string): Uint8Array;
    createDataFile(
      folder: string,
      name: string,
      bytes: Uint8Array,
      canRead: boolean,
      canWrite: boolean,
      isOwned: boolean,
    ): void;
  }
  type Print = (line: string) => unknown;
  const load: (options: {
    readonly print: Print;
    readonly printErr: Print;
  }) => Promise<{ readonly FS: Files; callMain(options: readonly string[]): number }>;
  export default load;
}

/** What unpacks ITK's readers when the page is built; it comes with ITK's package. */
declare module '*/zstddec.modern.js' {
  export class ZSTDDecoder {
    init(): Promise<void>;
    decode(bytes: Uint8Array): Uint8Array;
  }
}
