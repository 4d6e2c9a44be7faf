import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const ENTRIES = ['src/index.ts', 'src/node.ts'].map((name) => `${root}${name}`);

export interface PublicFunction {
  readonly name: string;
  readonly entry: string;
  /** What its comment gives as an example. */
  readonly example: string | undefined;
}

const config = ts.getParsedCommandLineOfConfigFile(
  `${root}tsconfig.json`,
  { noUnusedLocals: false, noUnusedParameters: false },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
);
export const { options } = config as ts.ParsedCommandLine;

/** Every public function and class, with the example that its comment gives. */
export function publicFunctions(): PublicFunction[] {
  const program = ts.createProgram(ENTRIES, options);
  const checker = program.getTypeChecker();
  return ENTRIES.flatMap((entry) =>
    checker
      .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.Node) as ts.Symbol)
      .flatMap((exported) => {
        const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
        if (!(symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class))) return [];
        const tag = symbol.getJsDocTags(checker).find(({ name }) => name === 'example');
        return [{ name: exported.name, entry, example: tag && ts.displayPartsToString(tag.text) }];
      }),
  );
}
