import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import type { NewObject } from '../../kube/kube-api.ts';
import { readObjects } from '../../product/yaml-files.ts';

export const SAMPLES = join(import.meta.dirname, '..', '..', '..', '..', 'samples');

/** The two ways in which a sample is cached; each is a file with a PipelineRun. */
export const WAYS = [
  { name: 'pipelinerun', title: '`preset`' },
  { name: 'customruns', title: 'CustomRuns' },
] as const;
export type Way = (typeof WAYS)[number];

/** The project of a sample: contents by path. */
export const readApp = async (sample: string): Promise<Readonly<Record<string, string>>> => {
  const folder = join(SAMPLES, sample, 'app');
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[relative(folder, file)] = await readFile(file, 'utf8');
  }
  return files;
};

/** All objects that a sample needs in a cluster, the PipelineRuns left out. */
export const readDefinitions = async (sample: string): Promise<readonly NewObject[]> => {
  const files = ['golang/task-git-clone.yaml', `${sample}/pipeline.yaml`, `${sample}/customruns.yaml`];
  const objects = await Promise.all(files.map((file) => readObjects(`samples/${file}`)));
  return objects.flat().filter(({ kind }) => kind !== 'PipelineRun');
};

export const readPipelineRun = async (sample: string, { name }: Way): Promise<NewObject> => {
  const run = (await readObjects(`samples/${sample}/${name}.yaml`)).find(({ kind }) => kind === 'PipelineRun');
  if (run === undefined) throw new Error(`samples/${sample}/${name}.yaml has no PipelineRun`);
  return run;
};
