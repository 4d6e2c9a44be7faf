import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
    const options = await optionsFor(data, (request, response) => {
      ranges.push(request.headers.range);
      if (ranges.length > 1) return sendRange(data, request, response);
      response.writeHead(200, { 'content-length': data.length });
      response.write(data.subarray(0, half), () => setTimeout(() => response.destroy(), 50));
    });
    expect(await messageOf(options)).toBe(
      `${options.url} could not be fetched, the connection was cut: check the network and run it again to go on where it stopped.`,
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
    expect(await stopped).toBe('The download was stopped: run it again to go on where it stopped.');
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
      `What ${options.url} sent has md5 ${md5Of(data)} instead of ${'f'.repeat(32)}: it was damaged on the way or has changed; run it again to download it anew.`,
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
      "Task.tar holds 'Task/link', which is a symlink and no file: nothing was unpacked; do not use this archive.",
    ],
    [
      { name: 'Task/hard', type: 'link', linkname: 'Task/dataset.json' },
      "Task.tar holds 'Task/hard', which is a link and no file: nothing was unpacked; do not use this archive.",
    ],
  ] satisfies [Entry, string][])('refuses the entry %j', async (entry, message) => {
    const options = await optionsFor(await tarOf([...GOOD, entry]));
    expect(await messageOf(options)).toBe(message);
    expect(await readdir(options.outDir)).toEqual(['Task.tar.part']);
    expect(await readdir(folder)).toEqual(['data']);
  });

  it('refuses an archive without the folder', async () => {
    const options = await optionsFor(await tarOf([{ name: 'Other/a.txt', content: 'x' }]));
    expect(await messageOf(options)).toBe("Task.tar has no folder 'Task': it is not the data set that was expected.");
  });

  it('explains what the server, the network and the disk refuse', async () => {
    const options = await optionsFor(Buffer.alloc(0), (_, response) => response.writeHead(404).end());
    expect(await messageOf(options)).toBe(
      `${options.url} answered 404 Not Found: check the address, or try again later.`,
    );
    server?.close();
    server?.closeAllConnections();
    expect(await messageOf(options)).toBe(
      `${options.url} could not be fetched, the server refuses connections: check the network and run it again to go on where it stopped.`,
    );
    await writeFile(join(folder, 'file'), '');
    const blocked = { ...options, outDir: join(folder, 'file', 'data') };
    expect(await messageOf(blocked)).toBe(
      `'${blocked.outDir}' cannot take the data set, part of the path is a file: choose another folder.`,
    );
  });

  it('knows where the hippocampus is', () => {
    expect(new URL(HIPPOCAMPUS.url).pathname).toBe(`/${HIPPOCAMPUS.folder}.tar`);
    expect(HIPPOCAMPUS.md5).toMatch(/^[0-9a-f]{32}$/);
  });
});
