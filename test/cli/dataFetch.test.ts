import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { earthmorph, expectRefusal, printed, start, temporaryFolder } from './support.ts';

const at = temporaryFolder();
const voxels = 'voxels'.repeat(20_000);
const half = 50_000;
let archive: Buffer;
let md5: string;
let server: Server | undefined;
let ranges: (string | undefined)[] = [];

beforeAll(async () => {
  const tar = pack();
  tar.entry({ name: 'Task04_Hippocampus/dataset.json' }, '{}');
  tar.entry({ name: 'Task04_Hippocampus/imagesTr/a.nii.gz' }, voxels);
  tar.finalize();
  archive = await buffer(tar);
  md5 = createHash('md5').update(archive).digest('hex');
});

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** Serves the archive, whole or from a byte on; the first answer stops half-way when something is to happen then. */
async function serve(atHalf?: (response: Parameters<RequestListener>[1]) => void): Promise<string> {
  ranges = [];
  const started = createServer((request, response) => {
    ranges.push(request.headers.range);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = `bytes ${from}-${archive.length - 1}/${archive.length}`;
    const length = { 'content-length': archive.length - from };
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...length, 'content-range': range } : length);
    if (atHalf && ranges.length === 1) response.write(archive.subarray(0, half), () => atHalf(response));
    else response.end(archive.subarray(from));
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/mirror.tar`;
}

const fetching = (out: string, url: string, hash: string): string[] => {
  return ['data', 'fetch', 'hippocampus', '--out', at(out), '--url', url, '--md5', hash];
};

/** The program has written so much of its file. */
async function untilSize(path: string, bytes: number): Promise<void> {
  while ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < bytes)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

async function expectComplete(out: string): Promise<void> {
  expect(await readdir(at(out))).toEqual(['Task04_Hippocampus']);
  expect(await readFile(at(out, 'Task04_Hippocampus', 'imagesTr', 'a.nii.gz'), 'utf8')).toBe(voxels);
}

describe('data fetch', () => {
  test('downloads, verifies, unpacks, and names the licence', async () => {
    const { code, stdout, stderr } = await earthmorph(fetching('plain', await serve(), md5.toUpperCase()));
    expect(code).toBe(0);
    expect(stdout).toContain(at('plain', 'Task04_Hippocampus'));
    expect(stdout).toMatch(/Medical Segmentation Decathlon.*Antonelli et al\..*CC BY-SA 4\.0/);
    expect(stderr).toMatch(/^Downloading: [^\n]+\nVerifying: [^\n]+\nUnpacking: [^\n]+\n$/);
    await expectComplete('plain');
  });

  test('leaves a data set that is there alone, and prints JSON', async () => {
    const found = await printed<{ folder: string; licence: string }>(
      fetching('plain', 'http://127.0.0.1:9/x.tar', md5),
    );
    expect(found).toMatchObject({ folder: at('plain', 'Task04_Hippocampus'), licence: 'CC BY-SA 4.0' });
  });

  test('refuses an archive with another md5 and keeps none of it', async () => {
    const { code, stderr } = await earthmorph(fetching('changed', await serve(), '0'.repeat(32)));
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`earthmorph: .* has md5 ${md5} instead of 0{32}: .*\n$`));
    expect(await readdir(at('changed'))).toEqual([]);
  });

  test('demands the published md5 of another address unless told otherwise', async () => {
    const { code, stderr } = await earthmorph(fetching('mirror', await serve(), md5).slice(0, -2));
    expect(code).toBe(2);
    expect(stderr).toContain('instead of 9d24dba78a72977dbd1d2e110310f31b');
  });

  test('goes on where a cut connection stopped it', async () => {
    const url = await serve(async (response) => {
      await untilSize(at('cut', 'mirror.tar.part'), half);
      response.socket?.end();
    });
    const cut = await earthmorph(fetching('cut', url, md5));
    expect(cut.code).toBe(2);
    expect(cut.stderr).toMatch(/earthmorph: .* could not be fetched because the connection was cut: .*run it again/);
    expect(await readdir(at('cut'))).toEqual(['mirror.tar.part']);
    expect((await earthmorph(fetching('cut', url, md5))).code).toBe(0);
    expect(ranges).toEqual([undefined, `bytes=${half}-`]);
    await expectComplete('cut');
  });

  test('goes on where Ctrl-C stopped it', async () => {
    let halfway: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      halfway = resolve;
    });
    const url = await serve(() => halfway());
    const [child, outcome] = start(fetching('stopped', url, md5));
    await reached;
    await untilSize(at('stopped', 'mirror.tar.part'), half);
    child.kill('SIGINT');
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toMatch(/\nearthmorph: The download was stopped; the same command continues it\.\n$/);
    expect(await readdir(at('stopped'))).toEqual(['mirror.tar.part']);
    expect((await earthmorph(fetching('stopped', url, md5))).code).toBe(0);
    expect(ranges).toEqual([undefined, `bytes=${half}-`]);
    await expectComplete('stopped');
  });

  test('ends when the server falls silent', async () => {
    const url = await serve(() => undefined);
    const { code, stderr } = await earthmorph([...fetching('silent', url, md5), '--timeout', '1']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/\nearthmorph: [^\n]* sent nothing for 1 s: run it again[^\n]*\n$/);
  });

  test('refuses what it cannot use', async () => {
    const url = await serve();
    await expectRefusal(['data', 'fetch', 'lungs'], /Allowed choices are hippocampus/);
    await expectRefusal(fetching('no', 'ftp://host/x.tar', md5), /starts with http/, at('no'));
    await expectRefusal(fetching('no', 'http://', md5), /starts with http/, at('no'));
    await expectRefusal(fetching('no', url, 'abc'), /32 hexadecimal digits/, at('no'));
    await expectRefusal(fetching('no', 'http://127.0.0.1:9/x.tar', md5), /could not be fetched/);
    const secret = await earthmorph(fetching('no', 'ftp://name:secret@host/x.tar', md5));
    expect(secret.stderr).not.toContain('secret');
    await expectRefusal(fetching('no', 'http://name:secret@host/x.tar', md5), /a name or a password/);
    await expectRefusal([...fetching('no', url, md5), '--timeout', '0'], /at least 1/);
    await writeFile(at('file'), '');
    await expectRefusal(fetching('file/sub', url, md5), /part of the path is a file/);
    expect(existsSync(at('file', 'sub'))).toBe(false);
  });
});
