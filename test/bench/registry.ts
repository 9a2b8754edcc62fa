import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../support/deadline.ts';

/** Debian's docker-registry, its storage where the bench works. */
export interface BenchRegistry {
  /** host:port */
  readonly address: string;
  /** Forgets everything, so that the next upload is cold. */
  readonly clear: () => Promise<void>;
  readonly stop: () => void;
}

/** Where it listens. */
export interface Place {
  readonly host: string;
  /** What its command line begins with: the command that enters another network. */
  readonly enter: readonly string[];
}

export const LOOPBACK: Place = { host: '127.0.0.1', enter: [] };

const LISTENING = /listening on [\d.]+:(\d+)/;

export const startRegistry = async (directory: string, { host, enter }: Place = LOOPBACK): Promise<BenchRegistry> => {
  const storage = join(directory, `registry-${host}`);
  await mkdir(storage, { recursive: true });
  const configuration = join(storage, 'registry.yml');
  const settings = {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: `${host}:0` },
  };
  await writeFile(configuration, JSON.stringify(settings));
  const [program, ...args] = [...enter, 'docker-registry', 'serve', configuration];
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (!LISTENING.test(log)) log += text;
  });
  const port = await until('the registry', 10_000, async () => LISTENING.exec(log)?.[1]);
  return {
    address: `${host}:${port}`,
    clear: () => rm(join(storage, 'docker'), { recursive: true, force: true }),
    stop: () => server.kill('SIGKILL'),
  };
};
