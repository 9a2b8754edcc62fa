import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../command.ts';
import { until } from '../deadline.ts';

export interface Containerd {
  /** Pulls and unpacks an image, and calls back with the directory where it is mounted. */
  mounted<T>(image: string, look: (directory: string) => T): Promise<T>;
  stop(): Promise<void>;
}

/** A containerd of the test's own, below a temporary directory. Needs root. */
export async function startContainerd(): Promise<Containerd> {
  const base = fs.mkdtempSync(join(tmpdir(), 'containerd-'));
  const socket = join(base, 'socket');
  const configuration = join(base, 'config.toml');
  fs.writeFileSync(
    configuration,
    [
      'version = 2',
      `root = "${base}/root"`,
      `state = "${base}/state"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      '[grpc]',
      `address = "${socket}"`,
    ].join('\n'),
  );
  const child = spawn('containerd', ['-c', configuration], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const ctr = (...args: string[]): Promise<string> => runCommand('ctr', ['-a', socket, 'images', ...args]);
  await until('containerd to answer', 20_000, () => ctr('list').catch(() => undefined));
  let mounts = 0;
  return {
    async mounted(image, look) {
      const directory = join(base, `mount-${mounts++}`);
      fs.mkdirSync(directory);
      await ctr('pull', '--plain-http', image);
      await ctr('mount', image, directory);
      try {
        return look(directory);
      } finally {
        await ctr('unmount', '--rm', directory);
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      fs.rmSync(base, { recursive: true, force: true });
    },
  };
}
