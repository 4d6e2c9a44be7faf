import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** From tools/ensure-redis.mjs. */
    redis?: { readonly command: string; readonly env: Record<string, string> } | { readonly reason: string };
  }
}

const HOST = '127.0.0.1';
/**
 * Becomes the server, and leaves a watcher that kills it and removes its folder ($0) when the pipe 3 closes, as it does
 * however this process ends.
 */
const SCRIPT = '(read -r _ <&3; kill -9 $$; rm -rf "$0") 2>/dev/null & exec "$@" 3<&-';

const redis = inject('redis');
if (!redis)
  throw new Error(
    'Redis was not looked for when Vitest started: start it again; test files must import support/redis.ts themselves.',
  );

export const hasRedis = 'command' in redis;
/** For the title of what is skipped without it. */
export const whyNoRedis = 'reason' in redis ? ` (skipped: ${redis.reason})` : '';

export interface RedisServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts an empty redis-server of one's own on a free port of the loopback, which keeps nothing on disk. */
export async function startRedis(): Promise<RedisServer> {
  if (!redis || 'reason' in redis) throw new Error(`No Redis: ${redis?.reason}.`);
  const folder = await mkdtemp(join(tmpdir(), 'earthmorph-redis-'));
  const port = await freePort();
  const options = { bind: HOST, port, dir: folder, save: '', appendonly: 'no', daemonize: 'no' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const server = spawn('/bin/sh', ['-c', SCRIPT, folder, redis.command, ...args], {
    env: { ...process.env, ...redis.env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  // After the end of the watcher, too, which shares the output.
  const ended = new Promise((resolve) => server.once('close', resolve));
  let log = '';
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (data) => (log += data));
  const stop = async (): Promise<void> => {
    server.stdio[3]?.destroy();
    await ended;
  };

  // Its own word is asked for first: had another server got the port before it, that one would answer.
  while (!log.includes('Ready to accept') || !(await answers(port))) {
    if (server.exitCode !== null) {
      await stop();
      throw new Error(`redis-server does not answer:\n${log}`);
    }
    await setTimeout(10);
  }
  return { url: `redis://${HOST}:${port}`, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject).listen(0, HOST, () => resolve((server.address() as AddressInfo).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST, () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data.toString() === '+PONG\r\n');
      socket.destroy();
    });
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
}
