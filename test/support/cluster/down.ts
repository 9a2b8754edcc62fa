import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';

import { runCommand } from '../command.ts';
import { until } from '../deadline.ts';
import { NETWORK, NODES } from './machine/addresses.ts';
import { processesOf, removeCgroup } from './machine/cgroups.ts';
import { DIRECTORIES, FILES } from './machine/directories.ts';
import { endIsolation } from './machine/isolation.ts';

const interfaces = async (...filter: readonly string[]): Promise<readonly string[]> =>
  (await runCommand('ip', ['-brief', 'link', 'show', ...filter])).split('\n').filter(Boolean);

const removeNetwork = async (): Promise<void> => {
  if (!existsSync(`/sys/class/net/${NETWORK.bridge}`)) return;
  // A pod's end of the cable goes with its network namespace, which the kernel frees a moment after the last process.
  await until(
    'the network of the pods to go',
    20_000,
    async () => (await interfaces('master', NETWORK.bridge)).length === 0,
  );
  await runCommand('ip', ['link', 'delete', NETWORK.bridge]);
};

const removeServiceRules = async (): Promise<void> => {
  const tables = await runCommand('nft', ['list', 'tables']);
  for (const family of ['ip', 'ip6']) {
    if (tables.includes(`table ${family} kube-proxy\n`))
      await runCommand('nft', ['delete', 'table', family, 'kube-proxy']);
  }
};

/** Ends the local cluster, also one that crashed, and removes everything of it from the machine. */
export const down = async (): Promise<void> => {
  if (!existsSync(FILES.isolation)) {
    await rm(DIRECTORIES.root, { recursive: true, force: true });
    return;
  }
  await endIsolation();
  for (const { cgroup } of Object.values(NODES)) {
    await until(`cgroup ${cgroup} to be empty`, 20_000, async () => (await processesOf(cgroup)).length === 0);
    await removeCgroup(cgroup);
  }
  await removeServiceRules();
  await removeNetwork();
  await rm(DIRECTORIES.root, { recursive: true, force: true });
};
