import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { until } from '../deadline.ts';

export interface ControllerOptions {
  readonly kubeconfig: string;
  readonly image: string;
}

/** Our controller as a process of this machine. */
export interface ControllerProcess {
  readonly pid: number;
  readonly isAlive: () => boolean;
  /** The JSON lines that it wrote. */
  readonly log: () => string;
  /** What Prometheus would get. */
  readonly metrics: () => Promise<string>;
  /** Returns when it is gone, with its exit code; nothing when a signal ended it. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | undefined>;
}

const MAIN = join(import.meta.dirname, '..', '..', '..', 'controller', 'main.ts');

/** Starts it; returns when it is ready, unless told not to wait. */
export async function startController(
  { kubeconfig, image }: ControllerOptions,
  options: { readonly waitUntilReady: boolean; readonly readyWithinMs?: number } = { waitUntilReady: true },
): Promise<ControllerProcess> {
  const env = { ...process.env, KUBECONFIG: kubeconfig, IMAGE: image, HEALTH_PORT: '0' };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  if (options.waitUntilReady) {
    await until('the controller to be ready', options.readyWithinMs ?? 30_000, async () => {
      if (!isAlive()) throw new Error(`the controller ended:\n${log}`);
      const port = portIn(log);
      if (port === undefined) return false;
      return await fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    }).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    });
  }
  return {
    pid: child.pid ?? 0,
    isAlive,
    log: () => log,
    metrics: async () => await (await fetch(`http://127.0.0.1:${portIn(log) ?? 0}/metrics`)).text(),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
      return child.exitCode ?? undefined;
    },
  };
}

/** The line of its log that names the port of its health. */
function portIn(log: string): number | undefined {
  const line = log.split('\n').find((text) => text.includes('"listening"') && text.endsWith('}'));
  const { port }: { readonly port?: number } = line === undefined ? {} : JSON.parse(line);
  return port;
}
