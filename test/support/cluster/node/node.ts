import { readdir, readFile } from 'node:fs/promises';

import { runCommand } from '../../command.ts';
import { until } from '../../deadline.ts';
import type { NodeName } from '../machine/addresses.ts';
import { API_SERVER_URL, NETWORK, NODES } from '../machine/addresses.ts';
import { createCgroup, processesOf } from '../machine/cgroups.ts';
import { killComponent, startComponent } from '../machine/component.ts';
import { containerd } from '../components/containerd.ts';
import { kubelet } from '../components/kubelet.ts';
import { tokenOf } from '../machine/identities.ts';
import { nodeDirectories } from './node-directories.ts';
import { probe } from '../machine/probe.ts';

const nodeUrl = (name: NodeName): string => `${API_SERVER_URL}/api/v1/nodes/${name}`;

const isReady = async (name: NodeName, token: string): Promise<boolean> => {
  const answer = await probe(nodeUrl(name), token);
  return answer?.status === 200 && /"type":\s*"Ready",\s*"status":\s*"True"/.test(answer.body);
};

export const startRuntime = async (name: NodeName): Promise<void> => {
  const node = NODES[name];
  await createCgroup(node.cgroup);
  await startComponent(containerd(node));
};

/** Needs a running API server and, on this node, a running container runtime. */
export const startKubelet = async (kubernetesTools: string, name: NodeName): Promise<void> => {
  const token = await tokenOf('admin');
  await startComponent({ ...kubelet(kubernetesTools, NODES[name]), ready: () => isReady(name, token) });
};

/** Adds the second node to a running cluster. */
export const addNode = async (kubernetesTools: string, name: NodeName): Promise<void> => {
  const { address } = NODES[name];
  const present = await runCommand('ip', ['-oneline', 'address', 'show', 'dev', NETWORK.bridge]);
  if (!present.includes(` ${address}/`))
    await runCommand('ip', ['address', 'add', `${address}/24`, 'dev', NETWORK.bridge]);
  await startRuntime(name);
  await startKubelet(kubernetesTools, name);
};

const shimsOf = async (socket: string): Promise<readonly number[]> => {
  const shims: number[] = [];
  for (const pid of (await readdir('/proc')).map(Number).filter((id) => id > 0)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('containerd-shim') && command.includes(`${socket}\0`)) shims.push(pid);
  }
  return shims;
};

/** As if the power of the node had failed: every process of it dies at the same moment. Its Node object stays. */
export const crashNode = async (name: NodeName): Promise<void> => {
  await killComponent(`kubelet-${name}`);
  await killComponent(`containerd-${name}`);
  const victims = async (): Promise<readonly number[]> => [
    ...(await shimsOf(nodeDirectories(name).containerdSocket)),
    ...(await processesOf(NODES[name].cgroup)),
  ];
  await until(`the containers of ${name} to end`, 20_000, async () => {
    const pids = await victims();
    for (const pid of pids.filter((id) => id > 0)) process.kill(pid, 'SIGKILL');
    return pids.length === 0;
  });
};
