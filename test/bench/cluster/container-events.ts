import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { until } from '../../support/deadline.ts';

/** When containers of a node started and ended, as containerd tells it, in milliseconds since the epoch with nanoseconds behind. */
interface ContainerEvents {
  /** Waits for the end. */
  readonly timesOf: (containerId: string) => Promise<{ readonly started: number; readonly ended: number }>;
  readonly stop: () => void;
}

const LINE = /^(?<day>\S+) (?<time>\S+) \+0000 UTC \S+ \/tasks\/(?<what>start|exit) (?<body>.*)$/;

export function watchContainers(socket: string): ContainerEvents {
  const child = spawn('ctr', ['--address', socket, '--namespace', 'k8s.io', 'events'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const times = new Map<string, number>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { day = '', time = '', what = '', body = '{}' } = LINE.exec(line)?.groups ?? {};
    if (what === '') return;
    const { container_id: container, id = container }: { container_id: string; id?: string } = JSON.parse(body);
    // A process that was started within a container has an id of its own.
    if (id === container) times.set(`${what} ${container}`, millisecondsOf(day, time));
  });
  return {
    timesOf: async (containerId) => {
      const ended = await until(`the end of ${containerId}`, 20_000, async () => times.get(`exit ${containerId}`));
      const started = times.get(`start ${containerId}`);
      if (started === undefined) throw new Error(`nobody saw ${containerId} start`);
      return { started, ended };
    },
    stop: () => void child.kill(),
  };
}

function millisecondsOf(day: string, time: string): number {
  const [seconds = '', fraction = '0'] = time.split('.');
  return Date.parse(`${day}T${seconds}Z`) + Number(`0.${fraction}`) * 1000;
}
