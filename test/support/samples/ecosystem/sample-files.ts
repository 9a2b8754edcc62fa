import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import type { NewObject } from '../../kube/kube-api.ts';
import { readObjects } from '../../product/yaml-files.ts';
import type { Ecosystem } from './ecosystem.ts';

export const SAMPLES = join(import.meta.dirname, '..', '..', '..', '..', 'samples');

/** How a sample is cached. */
export interface Way {
  /** Of the file, without `.yaml`, that has its PipelineRun. */
  readonly name: string;
  readonly title: string;
}

const WITH_PRESET: Way = { name: 'pipelinerun', title: '`preset`' };
const WITH_CUSTOM_RUNS: Way = { name: 'customruns', title: 'CustomRuns' };

export const waysOf = ({ way }: Ecosystem): readonly Way[] =>
  way === undefined ? [WITH_PRESET, WITH_CUSTOM_RUNS] : [{ ...WITH_PRESET, title: way }];

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
export const readDefinitions = async (ecosystem: Ecosystem): Promise<readonly NewObject[]> => {
  const names = ['pipeline', ...waysOf(ecosystem).map(({ name }) => name)];
  const files = ['golang/task-git-clone.yaml', ...names.map((name) => `${ecosystem.name}/${name}.yaml`)];
  const objects = await Promise.all(files.map((file) => readObjects(`samples/${file}`)));
  return objects.flat().filter(({ kind }) => kind !== 'PipelineRun');
};

export const readPipelineRun = async (sample: string, { name }: Way): Promise<NewObject> => {
  const run = (await readObjects(`samples/${sample}/${name}.yaml`)).find(({ kind }) => kind === 'PipelineRun');
  if (run === undefined) throw new Error(`samples/${sample}/${name}.yaml has no PipelineRun`);
  return run;
};
