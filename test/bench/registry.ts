import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../support/deadline.ts';
import { freePort } from '../support/free-port.ts';

/** Debian's docker-registry on loopback, its storage where the bench works. */
export interface BenchRegistry {
  /** host:port */
  readonly address: string;
  /** Forgets everything, so that the next upload is cold. */
  readonly clear: () => Promise<void>;
  readonly stop: () => void;
}

export const startRegistry = async (directory: string): Promise<BenchRegistry> => {
  const address = `127.0.0.1:${await freePort()}`;
  const storage = join(directory, 'registry');
  await mkdir(storage, { recursive: true });
  const configuration = join(directory, 'registry.yml');
  const settings = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: address },
  };
  await writeFile(configuration, JSON.stringify(settings));
  const server = spawn('docker-registry', ['serve', configuration], { stdio: 'ignore' });
  await until('the registry', 10_000, async () => {
    const answer = await fetch(`http://${address}/v2/`).catch(() => undefined);
    return answer?.ok;
  });
  return {
    address,
    clear: () => rm(join(storage, 'docker'), { recursive: true, force: true }),
    stop: () => server.kill('SIGKILL'),
  };
};
