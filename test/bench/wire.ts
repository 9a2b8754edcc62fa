/**
 * Wires that are slower than loopback: a registry in a network namespace, and a pair of virtual links to it whose both ends let
 * through so many bits in a second (the token bucket of the kernel, tc-tbf(8)). No delay is added.
 */
import { runCommand } from '../support/command.ts';
import type { Lane } from './lanes/lane.ts';
import { startRegistry } from './registry.ts';
import type { BenchRegistry } from './registry.ts';

interface Wire {
  readonly name: string;
  /** As tc(8) writes them. */
  readonly rate: string;
  readonly burst: string;
}

export const WIRES: readonly Wire[] = [
  { name: '100 Mbit/s', rate: '100mbit', burst: '64kb' },
  { name: '1 Gbit/s', rate: '1gbit', burst: '256kb' },
];

/** How long a packet may wait for its turn. */
const QUEUE = '50ms';
const PREFIX = 30;

/** Two addresses for benchmarks (RFC 2544), of a net of four that another process has not. */
const addresses = (): readonly [near: string, far: string] => {
  const net = (process.pid % 2 ** 14) * 4;
  const address = (host: number): string => `198.18.${net >> 8}.${(net & 255) + host}`;
  return [address(1), address(2)];
};

interface WiredRegistry {
  readonly registry: BenchRegistry;
  /** The same lanes with the wire between them and the registry. What is not timed goes at full speed. */
  readonly over: (wire: Wire, lanes: readonly Lane[]) => Lane[];
  readonly remove: () => Promise<void>;
}

/** The id of a lane over a wire, and the name of a group. */
export const overWire = (name: string, wire: Wire): string => `${name}, ${wire.name}`;

/** Why there can be no wires here, or nothing. */
export const whyNoWires = async (): Promise<string | undefined> => {
  if (process.getuid?.() !== 0) return 'no wires: a network namespace and traffic control need root';
  const probe =
    'ip link add tcb-probe type veth peer name tcb-peer && tc qdisc add dev tcb-probe root tbf rate 1gbit burst 256kb latency 50ms';
  return runCommand('unshare', ['--net', 'sh', '-c', probe]).then(
    () => undefined,
    (error: unknown) => `no wires: ${String(error)}`,
  );
};

export const startWiredRegistry = async (directory: string): Promise<WiredRegistry> => {
  const space = `tekton-cache-bench-${process.pid}`;
  const [near, far] = [`tcb${process.pid}`, 'wire'];
  const [nearAddress, farAddress] = addresses();
  const ip = (...args: readonly string[]): Promise<string> => runCommand('ip', args);
  /** Runs `tc qdisc` at both ends. */
  const both = async (verb: string, ...args: readonly string[]): Promise<void> => {
    await runCommand('tc', ['qdisc', verb, 'dev', near, 'root', ...args]);
    await runCommand('tc', ['-n', space, 'qdisc', verb, 'dev', far, 'root', ...args]);
  };
  let isNarrow = false;
  const narrow = async ({ rate, burst }: Wire): Promise<void> => {
    await both('replace', 'tbf', 'rate', rate, 'burst', burst, 'latency', QUEUE);
    isNarrow = true;
  };
  const widen = async (): Promise<void> => {
    if (isNarrow) await both('del');
    isNarrow = false;
  };
  await ip('netns', 'add', space);
  try {
    await ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', space);
    await ip('addr', 'add', `${nearAddress}/${PREFIX}`, 'dev', near);
    await ip('link', 'set', near, 'up');
    await ip('-n', space, 'addr', 'add', `${farAddress}/${PREFIX}`, 'dev', far);
    await ip('-n', space, 'link', 'set', far, 'up');
    const registry = await startRegistry(directory, { host: farAddress, enter: ['ip', 'netns', 'exec', space] });
    return {
      registry,
      over: (wire, lanes) =>
        lanes.map((lane) => ({
          ...lane,
          id: overWire(lane.id, wire),
          group: overWire(lane.group, wire),
          prepare: async (round) => {
            await widen();
            const commandLine = await lane.prepare(round);
            await narrow(wire);
            return commandLine;
          },
          verify: async (sample) => {
            await widen();
            return lane.verify?.(sample);
          },
        })),
      remove: async () => {
        registry.stop();
        await ip('netns', 'del', space);
      },
    };
  } catch (error) {
    await ip('netns', 'del', space);
    throw error;
  }
};
