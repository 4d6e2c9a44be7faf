import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { hasRedis, startRedis, whyNoRedis } from './redis.ts';

describe.skipIf(!hasRedis)(`startRedis${whyNoRedis}`, () => {
  const ask = (url: string, command: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port, hostname } = new URL(url);
      const socket = connect(Number(port), hostname, () => socket.write(`${command}\r\n`));
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once('error', reject);
    });

  it('starts servers that are empty and apart, and ends them', async () => {
    const [a, b] = await Promise.all([startRedis(), startRedis()]);
    expect(await ask(a.url, 'SET key value')).toBe('+OK\r\n');
    expect(await ask(b.url, 'DBSIZE')).toBe(':0\r\n');
    await a.stop();
    await expect(ask(a.url, 'PING')).rejects.toThrow('ECONNREFUSED');
    expect(await ask(b.url, 'PING')).toBe('+PONG\r\n');
    await b.stop();
  });
});
