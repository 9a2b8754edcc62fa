import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const isVersion2 = (): boolean => existsSync(join(ROOT, 'cgroup.controllers'));

/** The directories of one cgroup: one per hierarchy with cgroup v1, a single one with v2. */
const directoriesOf = async (cgroup: string): Promise<readonly string[]> =>
  isVersion2() ? [join(ROOT, cgroup)] : (await readdir(ROOT)).map((hierarchy) => join(ROOT, hierarchy, cgroup));

/** A kubelet refuses a cgroup that does not exist with every controller before it starts. */
export const createCgroup = async (cgroup: string): Promise<void> => {
  for (const directory of await directoriesOf(cgroup)) await mkdir(directory, { recursive: true });
  if (isVersion2()) {
    const controllers = (await readFile(join(ROOT, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/);
    const enabled = controllers.map((name) => `+${name}`).join(' ');
    await writeFile(join(ROOT, 'cgroup.subtree_control'), enabled);
    await writeFile(join(ROOT, cgroup, 'cgroup.subtree_control'), enabled);
    return;
  }
  // A new v1 cpuset is empty, and no process may join it.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await copyFile(join(ROOT, 'cpuset', file), join(ROOT, 'cpuset', cgroup, file));
  }
};

const visit = async (directory: string, action: (directory: string) => Promise<void>): Promise<void> => {
  if (!existsSync(directory)) return;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await visit(join(directory, entry.name), action);
  }
  await action(directory);
};

/** Ids of all processes below a cgroup. */
export const processesOf = async (cgroup: string): Promise<readonly number[]> => {
  const found = new Set<number>();
  for (const top of await directoriesOf(cgroup)) {
    await visit(top, async (directory) => {
      const ids = await readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => '');
      for (const id of ids.split('\n').filter(Boolean)) found.add(Number(id));
    });
  }
  return [...found];
};

/** Removes a cgroup that has no processes, children first. */
export const removeCgroup = async (cgroup: string): Promise<void> => {
  for (const top of await directoriesOf(cgroup)) await visit(top, (directory) => rmdir(directory));
};
