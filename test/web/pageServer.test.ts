import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePhantomCase } from '../../src/synthesis/phantom/phantom.ts';
import { decodeNifti, encodeNifti } from '../../src/volume/nifti.ts';
import { encodeNrrd } from '../../src/volume/nrrdEncode.ts';
import { type PageServer, servePage } from '../../src/workflow/pageServer.ts';
import { shippedModel } from '../../src/workflow/shippedModels.ts';
import { expectRefusal } from '../cli/support.ts';
import { PAGE } from './support.ts';

describe('the server of the page', () => {
  const { image } = makePhantomCase({ seed: 1, index: 0, size: [8, 8, 8] });
  let folder = '';
  let server: PageServer;
  const at = (path: string): string => new URL(path, server.address).href;
  /** The status of a request whose path and host are sent as they are. */
  const statusOf = (path: string, host = new URL(server.address).host): Promise<number | undefined> =>
    new Promise((done, failed) => {
      const { hostname, port } = new URL(server.address);
      request({ hostname, port, path, headers: { host } }, ({ statusCode }) => done(statusCode))
        .on('error', failed)
        .end();
    });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earthmorph-page-'));
    await writeFile(join(folder, 'a.nii.gz'), await encodeNifti(image, { gzip: true }));
    await writeFile(join(folder, 'b.nrrd'), await encodeNrrd(image));
    server = await servePage({
      folder: PAGE,
      pair: { fixed: join(folder, 'a.nii.gz'), moving: join(folder, 'b.nrrd') },
    });
  });
  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is on the loopback, and its page is isolated', async () => {
    expect(server.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?pair$/);
    const { status, headers } = await fetch(server.address);
    expect(status).toBe(200);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  });

  it('serves the pair, other formats as NIfTI', async () => {
    const pair = (await (await fetch(at('/pair.json'))).json()) as Record<string, { name: string; path: string }>;
    expect(pair).toEqual({
      fixed: { name: 'a.nii.gz', path: './scan/fixed' },
      moving: { name: 'b.nrrd.nii', path: './scan/moving' },
    });
    for (const { name, path } of Object.values(pair)) {
      const bytes = new Uint8Array(await (await fetch(at(path))).arrayBuffer());
      expect((await decodeNifti(bytes, name)).data).toEqual(image.data);
    }
  });

  it('serves the models of the package', async () => {
    const bytes = new Uint8Array(await (await fetch(at('/models/hippocampus.onnx'))).arrayBuffer());
    expect(bytes).toEqual(new Uint8Array(await readFile(shippedModel('hippocampus'))));
    expect(await statusOf('/models/none.onnx')).toBe(404);
  });

  it('serves nothing else, and nobody else', async () => {
    for (const path of ['/../package.json', '/assets/../../cli.js', '/scan/other', '//x'])
      expect(await statusOf(path), path).toBe(404);
    expect(await statusOf('/', 'example.org')).toBe(403);
    expect((await fetch(server.address, { method: 'POST' })).status).toBe(405);
  });

  it('of a missing scan, or of one alone, the command says so', async () => {
    for (const [args, sentence] of [
      [['view', 'none.nii', 'none.nii'], /none\.nii does not exist/],
      [['view', join(folder, 'a.nii.gz')], /Give two scans/],
      [['view', '--port', '99999'], /whole number from 1 to 65535/],
    ] as const)
      await expectRefusal(args, sentence);
  });
});
