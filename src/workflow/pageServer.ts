import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { packageFile } from '../file/packageFile.ts';
import { readVolume } from '../file/volumeFile.ts';
import { given } from '../given.ts';
import { imageFormat } from '../volume/imageFormat.ts';
import { encodeNifti } from '../volume/nifti.ts';
import type { ServedRuns } from './servedRuns.ts';

/** What the page is served for. */
interface ServedPage {
  /** The folder of the built page. */
  readonly folder: string;
  /** A pair that it opens with. */
  readonly pair?: { readonly fixed: string; readonly moving: string };
  /** Training runs that it follows. */
  readonly runs?: ServedRuns;
  /** 0, the default: any that is free. */
  readonly port?: number;
}

/** A page that is being served. */
export interface PageServer {
  /** Where the page is, its pair included. */
  readonly address: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** Nothing of another origin, no script that is not a file of this one; isolated, so that threads can work. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** What is new at every request. */
const NEVER_KEPT: Readonly<Record<string, string>> = { 'Cache-Control': 'no-store' };

/** Files that carry a mark of their content in their names, and so never change. */
const MARKED = /^\/assets\/[\w.-]+$/;
/** Files that keep their names. */
const NAMED = /^\/worker\/[\w.-]+$/;
/** Models that ship with the package: the copies beside the page are for other hosts. */
const MODEL = /^\/models\/([\w-]+\.onnx)$/;
/** The pages. */
const PLAIN = /^\/((index|training|runs)\.html)?$/;
/** A picture of a validation pair: of which run, of which pair. */
const PICTURE = /^\/runs\/(\d+)\/pair\/(\d+)\.svg$/;

/** Serves the page to this machine alone. */
export async function servePage({ folder, pair, runs, port = 0 }: ServedPage): Promise<PageServer> {
  const server = createServer((request, response) => {
    answer(request, response, { folder, ...given({ pair, runs }) }).catch((error: Error) => {
      if (!response.headersSent) send(response, 500, 'text/plain; charset=utf-8', error.message);
      else response.destroy();
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', listening);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${taken}/${runs ? 'runs.html' : pair ? '?pair' : ''}`,
    close: () => closed(server),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { folder, pair, runs }: ServedPage,
): Promise<void> {
  // Another name for this machine may be another site's, made to lead here.
  if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? ''))
    return send(response, 403, 'text/plain; charset=utf-8', 'Not from there.');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, 'text/plain; charset=utf-8', 'Only to read.');
  const { pathname } = new URL(`http://localhost${request.url ?? '/'}`);
  if (pair && pathname === '/pair.json')
    return send(
      response,
      200,
      TYPES['.json']!,
      JSON.stringify({ fixed: served(pair.fixed, 'fixed'), moving: served(pair.moving, 'moving') }),
    );
  if (pair && (pathname === '/scan/fixed' || pathname === '/scan/moving')) {
    const bytes = await scanBytes(pathname === '/scan/fixed' ? pair.fixed : pair.moving);
    return send(response, 200, 'application/octet-stream', bytes);
  }
  if (runs && pathname === '/runs.json')
    return send(response, 200, TYPES['.json']!, JSON.stringify(await runs.list()), NEVER_KEPT);
  const [, run, place] = PICTURE.exec(pathname) ?? [];
  if (runs && run !== undefined) return sendPicture(response, runs.picture(Number(run), Number(place)));
  const model = MODEL.exec(pathname)?.[1];
  if (model === undefined && ![PLAIN, NAMED, MARKED].some((known) => known.test(pathname)))
    return send(response, 404, 'text/plain; charset=utf-8', 'Not here.');
  const path =
    model === undefined ? join(folder, pathname === '/' ? 'index.html' : pathname) : packageFile('models', model);
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes) return send(response, 404, 'text/plain; charset=utf-8', 'Not here.');
  send(response, 200, TYPES[extname(path)] ?? 'application/octet-stream', bytes, {
    'Cache-Control': MARKED.test(pathname) ? 'max-age=31536000, immutable' : 'no-cache',
  });
}

/** The picture, or in a sentence why there is none. */
async function sendPicture(response: ServerResponse, picture: Promise<string>): Promise<void> {
  try {
    send(response, 200, TYPES['.svg']!, await picture, NEVER_KEPT);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    send(response, 409, 'text/plain; charset=utf-8', error.message);
  }
}

/** How the page is told of a scan. A format that the page cannot read comes as NIfTI. */
function served(path: string, place: 'fixed' | 'moving'): { readonly name: string; readonly path: string } {
  const name = basename(path);
  return { name: isNifti(path) ? name : `${name}.nii`, path: `./scan/${place}` };
}

async function scanBytes(path: string): Promise<Uint8Array> {
  return isNifti(path) ? readFile(path) : encodeNifti(await readVolume(path));
}

function isNifti(path: string): boolean {
  return imageFormat(path) === 'nifti';
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  content: string | Uint8Array,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...HEADERS,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(content),
    ...more,
  });
  response.end(response.req.method === 'HEAD' ? undefined : content);
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
