import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { median } from '../lanes/spread.ts';
import { product } from '../product.ts';
import { emptyDirectory } from '../workbench.ts';
import { join } from 'node:path';

export interface StartUp {
  /** Milliseconds, medians. */
  readonly firstByte: number;
  readonly emptyProcess: number;
}

/** From the start of the process to the first byte at the registry, and how long an empty Node process lives. */
export const startUp = async (directory: string, rounds: number): Promise<StartUp> => {
  const empty = await emptyDirectory(join(directory, 'start-up'));
  const [firstBytes, lives]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const [first, life] = [await timeToFirstByte(empty), await lifeOfEmptyProcess()];
    if (round > 0) {
      firstBytes.push(first);
      lives.push(life);
    }
  }
  return { firstByte: median(firstBytes), emptyProcess: median(lives) };
};

const timeToFirstByte = (directory: string): Promise<number> =>
  new Promise((resolve, reject) => {
    let started = 0n;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
        child.kill('SIGKILL');
        socket.destroy();
        server.close();
        resolve(milliseconds);
      });
    });
    let child: ReturnType<typeof spawn>;
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      started = process.hrtime.bigint();
      const args = [
        'fetch',
        '--json',
        '--target',
        `127.0.0.1:${port}/bench/start:1`,
        '--workspace',
        `cache=${directory}`,
      ];
      child = spawn('env', [...product.env, product.node, product.program, ...args], { stdio: 'ignore' });
      child.on('error', reject);
    });
  });

const lifeOfEmptyProcess = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const child = spawn(product.node, ['--eval', ''], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', () => resolve(Number(process.hrtime.bigint() - started) / 1e6));
  });
