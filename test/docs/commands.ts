import { readFileSync } from 'node:fs';

/** The text of a document, by its path in the project. */
export function document(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
}

/** What stands in a document's blocks of one language. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, body]) =>
    name === language ? [body as string] : [],
  );
}

/** The commands of a document in their order, each as words: continued lines joined, comments gone. */
export function commands(text: string): string[][] {
  return blocks(text, 'sh')
    .flatMap((body) => body.replaceAll('\\\n', ' ').split('\n'))
    .map((line) =>
      [...line.matchAll(/(?:^|\s)(?:(#.*)|"([^"]*)"|(\S+))/g)].flatMap(([, comment, quoted, plain]) =>
        comment === undefined ? [(quoted ?? plain) as string] : [],
      ),
    )
    .filter((words) => words.length > 0);
}
