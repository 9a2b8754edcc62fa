import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseRequest } from '../../../shared/request/request.ts';
import { REQUEST_VARIABLE } from '../../../shared/request/protocol.ts';
import { runCommand } from '../../support/command.ts';
import type { Lane } from '../lanes/lane.ts';
import { median } from '../lanes/spread.ts';
import { expectResults, fetchCommand, product, uploadCommand } from '../product.ts';
import { emptyDirectory } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';

const FILES = 100;

/** The whole program when there is nothing to do, in a directory of few files, and an empty program. */
export const nothingToDo = async ({ registry, directory }: Workbench): Promise<Lane[]> => {
  const group = 'nothing to do';
  const tree = await emptyDirectory(join(directory, 'few'));
  for (let index = 0; index < FILES; index++) {
    await mkdir(join(tree, `d${index}`));
    await writeFile(join(tree, `d${index}`, 'file'), String(index));
  }
  const target = `${registry.address}/bench/few:1`;
  await runCommand('sh', ['-c', uploadCommand(target, tree)]);
  // Files younger than the stat cache's grain are read again, by design; a second upload finds them older.
  await pause(2_500);
  await runCommand('sh', ['-c', uploadCommand(target, tree)]);
  return [
    {
      id: 'fetch nothing',
      group,
      title: `tekton-cache fetch, ${FILES} files that are there`,
      prepare: () => Promise.resolve(fetchCommand(target, tree)),
      verify: async ({ output }) => {
        expectResults(output, { hit: 'true' });
        return undefined;
      },
    },
    {
      id: 'upload nothing',
      group,
      title: `tekton-cache upload, ${FILES} files that are unchanged`,
      prepare: () => Promise.resolve(uploadCommand(target, tree)),
      verify: async ({ output }) => Number(expectResults(output, { reason: 'unchanged' })['bytes']),
    },
    {
      id: 'empty node',
      group,
      title: 'an empty program in Node',
      prepare: () => Promise.resolve(`exec ${product.node} --eval ''`),
    },
  ];
};

/** Milliseconds, medians. */
export interface FirstByte {
  /** From the start of a helper's program to its first byte at the registry. */
  readonly firstByte: number;
  readonly emptyProcess: number;
}

/** The program of a helper pod, as its container starts it, and an empty Node process, in turn. */
export const firstByte = async (directory: string, rounds: number): Promise<FirstByte> => {
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

const helperRequest = (address: string, dir: string): string =>
  JSON.stringify(
    parseRequest({
      verb: 'fetch',
      surface: 'customrun',
      params: { target: `${address}/bench/start:1`, insecure: 'true' },
      caches: [{ name: 'cache', dir }],
      variables: {},
      dockerConfigs: [],
    }),
  );

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
      const request = `${REQUEST_VARIABLE}=${helperRequest(`127.0.0.1:${port}`, directory)}`;
      const report = ['--termination-log', join(directory, 'report')];
      started = process.hrtime.bigint();
      child = spawn('env', [...product.env, request, product.node, product.helper, ...report], { stdio: 'ignore' });
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
