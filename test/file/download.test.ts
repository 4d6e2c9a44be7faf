import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { type FetchOptions, fetchArchive, HIPPOCAMPUS } from '../../src/file/download.ts';

type Entry = Partial<Header> & { name: string; content?: string };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of entries) archive.entry(header, content);
  archive.finalize();
  return buffer(archive);
}

const md5Of = (data: Uint8Array): string => createHash('md5').update(data).digest('hex');

const GOOD: Entry[] = [
  { name: 'Task/', type: 'directory' },
  { name: 'Task/dataset.json', content: '{}' },
  { name: './Task/imagesTr/a.nii.gz', content: 'voxels'.repeat(5000) },
  { name: 'Task/imagesTr/._a.nii.gz', content: 'resource fork' },
];

let folder: string;
let server: Server | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'earthmorph-'));
});

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/Task.tar`;
}

/** Answers as a server that knows Range does. */
function sendRange(data: Buffer, request: IncomingMessage, response: ServerResponse): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
  if (start >= data.length) response.writeHead(416, { 'content-range': `bytes */${data.length}` }).end();
  else if (start < 0) response.writeHead(200, { 'content-length': data.length }).end(data);
  else {
    const range = `bytes ${start}-${data.length - 1}/${data.length}`;
    response
      .writeHead(206, { 'content-range': range, 'content-length': data.length - start })
      .end(data.subarray(start));
  }
}

async function optionsFor(data: Buffer, listener?: RequestListener): Promise<FetchOptions> {
  const url = await serve(listener ?? ((request, response) => sendRange(data, request, response)));
  return { url, md5: md5Of(data), folder: 'Task', outDir: join(folder, 'data') };
}

async function messageOf(options: FetchOptions): Promise<string> {
  const error = await fetchArchive(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

async function expectUnpacked(options: FetchOptions): Promise<void> {
  expect(await readdir(options.outDir)).toEqual(['Task']);
  expect((await readdir(join(options.outDir, 'Task'))).sort()).toEqual(['dataset.json', 'imagesTr']);
  expect(await readdir(join(options.outDir, 'Task/imagesTr'))).toEqual(['a.nii.gz']);
  expect(await readFile(join(options.outDir, 'Task/imagesTr/a.nii.gz'), 'utf8')).toBe('voxels'.repeat(5000));
}

describe('fetchArchive', () => {
  it('downloads, verifies and unpacks, leaving nothing else behind', async () => {
    const data = await tarOf(GOOD);
    const last = new Map<string, [number, number | undefined]>();
    const options = await optionsFor(data);
    const onProgress = (stage: string, done: number, total?: number) => void last.set(stage, [done, total]);
    expect(await fetchArchive({ ...options, onProgress })).toBe(join(options.outDir, 'Task'));
    await expectUnpacked(options);
    for (const stage of ['download', 'verify', 'extract']) expect(last.get(stage)).toEqual([data.length, data.length]);
  });

  it('leaves a folder that is already there alone', async () => {
    const options = await optionsFor(await tarOf(GOOD));
    await fetchArchive(options);
    server?.close();
    server?.closeAllConnections();
    expect(await fetchArchive(options)).toBe(join(options.outDir, 'Task'));
  });

  it('resumes an interrupted download where it stopped', async () => {
    const data = await tarOf(GOOD);
    const half = 20_000;
    const ranges: (string | undefined)[] = [];
    let cut = (): void => undefined;
    const options = await optionsFor(data, (request, response) => {
      ranges.push(request.headers.range);
      if (ranges.length > 1) return sendRange(data, request, response);
      response.writeHead(200, { 'content-length': data.length });
      response.write(data.subarray(0, half));
      cut = () => response.socket?.end();
    });
    const onProgress = (_: string, bytes: number): void => {
      if (bytes === half) cut();
    };
    expect(await messageOf({ ...options, onProgress })).toBe(
      `${options.url} could not be fetched because the connection was cut: check the network, and run it again to continue.`,
    );
    expect(await readdir(options.outDir)).toEqual(['Task.tar.part']);
    await fetchArchive(options);
    expect(ranges).toEqual([undefined, `bytes=${half}-`]);
    await expectUnpacked(options);
  });

  it('goes on from a download that was stopped by its signal', async () => {
    const data = await tarOf(GOOD);
    let requests = 0;
    const options = await optionsFor(data, (request, response) => {
      if (++requests > 1) return sendRange(data, request, response);
      response.writeHead(200, { 'content-length': data.length });
      response.write(data.subarray(0, 1000));
    });
    const stop = new AbortController();
    const stopped = messageOf({ ...options, signal: stop.signal, onProgress: () => stop.abort() });
    expect(await stopped).toBe('The download was stopped: run it again to continue.');
    await fetchArchive(options);
    await expectUnpacked(options);
  });

  it('starts over when the server ignores Range', async () => {
    const data = await tarOf(GOOD);
    const options = await optionsFor(data, (_, response) => response.end(data));
    await fetchArchive({ ...options, folder: 'Task' });
    await rm(join(options.outDir, 'Task'), { recursive: true });
    await writeFile(join(options.outDir, 'Task.tar.part'), 'something else');
    await fetchArchive(options);
    await expectUnpacked(options);
  });

  it('takes a part that is complete, and drops one that is too long', async () => {
    const data = await tarOf(GOOD);
    const options = await optionsFor(data);
    await fetchArchive(options);
    for (const part of [data, Buffer.concat([data, data])]) {
      await rm(join(options.outDir, 'Task'), { recursive: true });
      await writeFile(join(options.outDir, 'Task.tar.part'), part);
      await fetchArchive(options);
      await expectUnpacked(options);
    }
  });

  it('deletes a download whose md5 differs', async () => {
    const data = await tarOf(GOOD);
    const options = { ...(await optionsFor(data)), md5: 'f'.repeat(32) };
    expect(await messageOf(options)).toBe(
      `What ${options.url} sent has md5 ${md5Of(data)} instead of ${'f'.repeat(32)}: it was damaged in transit, or the archive has changed; run it again to download it anew.`,
    );
    expect(await readdir(options.outDir)).toEqual([]);
  });

  it.each([
    [
      { name: '../outside.txt', content: 'x' },
      "Task.tar holds the unsafe path '../outside.txt': nothing was unpacked; do not use this archive.",
    ],
    [
      { name: 'Task/../../outside.txt', content: 'x' },
      "Task.tar holds the unsafe path 'Task/../../outside.txt': nothing was unpacked; do not use this archive.",
    ],
    [
      { name: '/outside.txt', content: 'x' },
      "Task.tar holds the unsafe path '/outside.txt': nothing was unpacked; do not use this archive.",
    ],
    [
      { name: 'Task\\..\\outside.txt', content: 'x' },
      "Task.tar holds the unsafe path 'Task\\..\\outside.txt': nothing was unpacked; do not use this archive.",
    ],
    [
      { name: 'Task/link', type: 'symlink', linkname: '/etc' },
      "Task.tar holds 'Task/link', which is a symlink, not a file: nothing was unpacked; do not use this archive.",
    ],
    [
      { name: 'Task/hard', type: 'link', linkname: 'Task/dataset.json' },
      "Task.tar holds 'Task/hard', which is a link, not a file: nothing was unpacked; do not use this archive.",
    ],
  ] satisfies [Entry, string][])('refuses the entry %j', async (entry, message) => {
    const options = await optionsFor(await tarOf([...GOOD, entry]));
    expect(await messageOf(options)).toBe(message);
    expect(await readdir(options.outDir)).toEqual(['Task.tar.part']);
    expect(await readdir(folder)).toEqual(['data']);
  });

  it('refuses an archive without the folder', async () => {
    const options = await optionsFor(await tarOf([{ name: 'Other/a.txt', content: 'x' }]));
    expect(await messageOf(options)).toBe(
      "Task.tar has no folder 'Task', so it is not the expected data set: check the address.",
    );
  });

  it('explains what the server, the network and the disk refuse', async () => {
    const options = await optionsFor(Buffer.alloc(0), (_, response) => response.writeHead(404).end());
    expect(await messageOf(options)).toBe(
      `${options.url} answered 404 Not Found: check the address, or try again later.`,
    );
    server?.close();
    server?.closeAllConnections();
    expect(await messageOf(options)).toBe(
      `${options.url} could not be fetched because the server refuses connections: check the network, and run it again to continue.`,
    );
    await writeFile(join(folder, 'file'), '');
    const blocked = { ...options, outDir: join(folder, 'file', 'data') };
    expect(await messageOf(blocked)).toBe(
      `The data set cannot be written to '${blocked.outDir}' because part of the path is a file: choose another folder.`,
    );
  });

  it('ends when the server falls silent, before or after it began to send, and goes on later', async () => {
    const data = await tarOf(GOOD);
    const answers: RequestListener[] = [
      () => undefined,
      (_, response) => void response.writeHead(200, { 'content-length': data.length }).write(data.subarray(0, 1000)),
      (request, response) => sendRange(data, request, response),
    ];
    let requests = 0;
    const options = await optionsFor(data, (request, response) => answers[requests++]?.(request, response));
    const impatient = { ...options, limits: { idleSeconds: 0.5 } };
    for (let n = 0; n < 2; n++)
      expect(await messageOf(impatient)).toBe(
        `${options.url} could not be fetched because the server sent nothing for 0.5 s: run it again to continue.`,
      );
    await fetchArchive(options);
    await expectUnpacked(options);
  });

  it('ends a download that takes too long although it never stops', async () => {
    const options = await optionsFor(Buffer.alloc(9), (_, response) => {
      const trickle = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(trickle));
    });
    expect(await messageOf({ ...options, limits: { seconds: 1 } })).toContain('it takes more than 1 s: run it again');
  });

  it.each([
    ['as the server says beforehand', true],
    ['as it turns out', false],
  ])('takes no more than is sensible, %s', async (_, said) => {
    const data = Buffer.alloc(200_000);
    const options = await optionsFor(data, (__, response) => {
      if (said) response.writeHead(200, { 'content-length': data.length });
      response.end(data);
    });
    expect(await messageOf({ ...options, limits: { bytes: 100_000 } })).toBe(
      `${options.url} sends more than 1 MB, so it is not the expected data set: check the address.`,
    );
    expect(await readdir(options.outDir)).toEqual([]);
  });

  it('follows redirects, but neither in circles nor to other kinds of addresses', async () => {
    const data = await tarOf(GOOD);
    let target = '/there';
    const options = await optionsFor(data, (request, response) => {
      if (request.url === '/there') sendRange(data, request, response);
      else response.writeHead(302, { location: target }).end();
    });
    await fetchArchive(options);
    await expectUnpacked(options);
    await rm(join(options.outDir, 'Task'), { recursive: true });
    for (target of ['/Task.tar', 'file:///etc/passwd', 'http://127.0.0.1:1/x', 'no address:'])
      expect(await messageOf(options)).toMatch(
        / could not be fetched because [^\n]+: check the network, and run it again/,
      );
  });

  const garbage = Buffer.alloc(5000, 'no archive ');
  it.each([
    ['cut', async () => (await tarOf(GOOD)).subarray(0, 20_000), /not a tar archive that can be unpacked/],
    ['no archive', async () => garbage, /not a tar archive that can be unpacked/],
    ['a file twice', async () => tarOf([...GOOD, GOOD[1] as Entry]), /two files of one name/],
    [
      'a file where a folder is',
      async () => tarOf([...GOOD, { name: 'Task/imagesTr', content: 'x' }]),
      /two files of one name/,
    ],
    [
      'a file below a file',
      async () => tarOf([...GOOD, { name: 'Task/dataset.json/x', content: 'x' }]),
      /two files of one name/,
    ],
    [
      'a name of two lines',
      async () => tarOf([{ name: '../a\nb', content: 'x' }]),
      /^Task.tar holds the unsafe path '..\/a b': [^\n]+$/,
    ],
    [
      'a device',
      async () => tarOf([{ name: 'Task/null', type: 'character-device' }]),
      /is a character-device, not a file/,
    ],
    [
      'too many files',
      async () => tarOf(Array.from({ length: 60 }, (_, n) => ({ name: `Task/${n}`, content: '' }))),
      /more than 50 files/,
    ],
  ] as const)('refuses an archive: %s', async (_, archive, sentence) => {
    const options = await optionsFor(await archive());
    expect(await messageOf({ ...options, limits: { entries: 50 } })).toMatch(sentence);
    expect((await readdir(options.outDir)).filter((name) => name !== 'Task.tar.part')).toEqual([]);
    expect(await readdir(folder)).toEqual(['data']);
  });

  it('says what is in the way on the disk', async () => {
    const options = await optionsFor(await tarOf(GOOD));
    await mkdir(join(options.outDir, 'Task.tar.part'), { recursive: true });
    expect(await messageOf(options)).toMatch(/^The data set cannot be written to '.*' because /);
    await writeFile(join(options.outDir, 'Task'), '');
    expect(await messageOf(options)).toMatch(/Task' is a file, but the folder of the data set must be there/);
    expect(await messageOf({ ...options, folder: 'x', url: `${options.url}${'x'.repeat(300)}` })).toMatch(
      /the name is too long: choose another folder/,
    );
  });

  it('tells nothing that may be secret in an address', async () => {
    const options = await optionsFor(Buffer.alloc(0), (_, response) => response.writeHead(403).end());
    const secret = { ...options, url: `${options.url}?signature=secret` };
    expect(await messageOf(secret)).toBe(
      `${options.url} answered 403 Forbidden: check the address, or try again later.`,
    );
    const named = { ...options, url: options.url.replace('//', '//name:secret@') };
    expect(await messageOf(named)).toMatch(/^The address holds a name or a password/);
  });

  it('knows where the hippocampus is', () => {
    expect(new URL(HIPPOCAMPUS.url).pathname).toBe(`/${HIPPOCAMPUS.folder}.tar`);
    expect(HIPPOCAMPUS.md5).toMatch(/^[0-9a-f]{32}$/);
  });
});
