import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { kubeconfigFor } from './rights.ts';

/** A program of the controller's image, as a process beside a fake API server. */
export interface RoleProcess {
  /** What it has logged. */
  readonly log: () => string;
  /** The exit code; null where a signal ended it, undefined while it runs. */
  readonly code: () => number | null | undefined;
  /** Sends a signal, and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** `program`: path below `controller/`; `directory` takes the kubeconfig. */
export async function startRole(
  program: string,
  {
    server,
    directory,
    env = {},
  }: { readonly server: string; readonly directory: string; readonly env?: NodeJS.ProcessEnv },
): Promise<RoleProcess> {
  const kubeconfig = join(directory, 'kubeconfig.json');
  await writeFile(kubeconfig, kubeconfigFor(server));
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', '..', 'controller', program)], {
    env: {
      ...process.env,
      KUBECONFIG: kubeconfig,
      SYSTEM_NAMESPACE: 'tekton-cache',
      PORT: '0',
      HEALTH_PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let log = '';
  let code: number | null | undefined;
  void ended.then(([last]) => (code = last));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
  return {
    log: () => log,
    code: () => code,
    stop: async (signal) => {
      child.kill(signal);
      return (await ended)[0];
    },
  };
}
