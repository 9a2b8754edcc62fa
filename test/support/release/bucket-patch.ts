/** An installation whose registry has a bucket: `release-registry.yaml` with one of the components of `manifests/buckets`. */
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { stringify } from 'yaml';

import { runCommand } from '../command.ts';
import type { NewObject } from '../kube/kube-api.ts';
import { toolSet } from '../prerequisites/go-tools.ts';
import { parseObjects } from '../product/yaml-files.ts';
import { temporaryDirectory } from '../registry/temporary-directory.ts';
import { REGISTRY_OVERLAY, releaseManifest } from './manifests.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
const IMAGE = `registry.example.com/tekton-cache@sha256:${'a'.repeat(64)}`;

export type BucketKind = 's3' | 'gcs' | 'azure';

/** What `kubectl apply -k` would apply. */
export const objectsWithBucket = async (kind: BucketKind): Promise<readonly NewObject[]> => {
  const kubectl = join(await toolSet('kubernetes', (line) => process.stderr.write(`${line}\n`)), 'kubectl');
  const directory = await temporaryDirectory();
  try {
    const release = 'release-registry.yaml';
    await writeFile(join(directory.path, release), await releaseManifest(REPOSITORY, IMAGE, REGISTRY_OVERLAY));
    const components = [relative(directory.path, join(REPOSITORY, 'manifests', 'buckets', kind))];
    await writeFile(join(directory.path, 'kustomization.yaml'), stringify({ resources: [release], components }));
    return parseObjects(await runCommand(kubectl, ['kustomize', directory.path]), 'kubectl kustomize');
  } finally {
    await directory.remove();
  }
};
