import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../support/deadline.ts';

/** Debian's docker-registry on loopback, its storage where the bench works. */
export interface BenchRegistry {
  /** host:port */
  readonly address: string;
  /** Forgets everything, so that the next upload is cold. */
  readonly clear: () => Promise<void>;
  readonly stop: () => void;
}

const LISTENING = /listening on 127\.0\.0\.1:(\d+)/;

export const startRegistry = async (directory: string): Promise<BenchRegistry> => {
  const storage = join(directory, 'registry');
  await mkdir(storage, { recursive: true });
  const configuration = join(directory, 'registry.yml');
  const settings = {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0' },
  };
  await writeFile(configuration, JSON.stringify(settings));
  const server = spawn('docker-registry', ['serve', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (!LISTENING.test(log)) log += text;
  });
  const port = await until('the registry', 10_000, async () => LISTENING.exec(log)?.[1]);
  return {
    address: `127.0.0.1:${port}`,
    clear: () => rm(join(storage, 'docker'), { recursive: true, force: true }),
    stop: () => server.kill('SIGKILL'),
  };
};
