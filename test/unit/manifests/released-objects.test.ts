import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { parseObjects } from '../../support/product/yaml-files.ts';
import {
  BASIC_AUTH,
  MONITORING,
  REGISTRY_OVERLAY,
  releaseManifest,
  STAMPS,
  TOKEN_SERVICE_OVERLAY,
} from '../../support/release/manifests.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
const IMAGE = `registry.example.com/tekton-cache@sha256:${'a'.repeat(64)}`;
const FILES = {
  'release.yaml': 'base',
  'release-registry.yaml': REGISTRY_OVERLAY,
  'release-token-service.yaml': TOKEN_SERVICE_OVERLAY,
  'basic-auth.yaml': BASIC_AUTH,
  'stamps.yaml': STAMPS,
  'monitoring.yaml': MONITORING,
} as const;

/** What an API server lets nobody change: `kubectl apply` of another value ends with an error. */
function immutableOf(object: object): unknown {
  const of = (value: unknown, name: string): unknown => Reflect.get(Object(value), name);
  switch (of(object, 'kind')) {
    case 'Deployment':
      return of(of(of(object, 'spec'), 'selector'), 'matchLabels');
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return of(of(object, 'roleRef'), 'name');
    case 'Secret':
      return of(object, 'type');
    case 'PersistentVolumeClaim':
      return [of(of(object, 'spec'), 'accessModes'), of(of(object, 'spec'), 'storageClassName')];
    default:
      return undefined;
  }
}

/** A line an object: the file, the kind, the name, and what of it never changes. */
async function linesOf(file: keyof typeof FILES): Promise<readonly string[]> {
  const objects = parseObjects(await releaseManifest(REPOSITORY, IMAGE, FILES[file]), file);
  return objects.map((object) => {
    const { kind, metadata } = object;
    const fixed = immutableOf(object);
    return [file, kind, metadata.name, ...(fixed === undefined ? [] : [JSON.stringify(fixed)])].join(' ');
  });
}

const nameIn = (line: string): string => line.split(' ').slice(0, 3).join(' ');

describe('the objects of a release', () => {
  const known = readFileSync(join(import.meta.dirname, 'released-objects.txt'), 'utf8').trim().split('\n');
  let present: readonly string[];
  before(async () => {
    const files = Object.keys(FILES) as (keyof typeof FILES)[];
    present = (await Promise.all(files.map(linesOf))).flat();
  });

  it('are those of before: none has another value of what nobody can change, and a new one is added to the list', () => {
    expect(present.filter((line) => !known.includes(line))).to.deep.equal([]);
  });

  it('are all that ever were, or the page on releases says what to delete', () => {
    const names = new Set(present.map(nameIn));
    const gone = known.map(nameIn).filter((name) => !names.has(name));
    const page = readFileSync(join(REPOSITORY, 'docs', 'releases.md'), 'utf8');
    const [, section = ''] = page.split('## From one release to the next');
    const [table = ''] = section.split('\n## ');
    for (const name of gone) expect(table, name).to.contain(`\`${name.split(' ')[2]}\``);
    expect(gone, 'what is gone is found').to.include('release.yaml ClusterRole tekton-cache-controller-secrets');
  });
});
