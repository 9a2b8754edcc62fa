import { createHash } from 'node:crypto';

import type { Attempt } from './ground.ts';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
/** What a trusted run wrote. */
const GOOD = 'content of a trusted run';
const POISON = 'poison';
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** An image that is nothing but its configuration. */
const manifestOf = (content: string): { readonly type: string; readonly text: string } => {
  const config = { mediaType: 'text/plain', digest: digestOf(content), size: content.length };
  return {
    type: MANIFEST_TYPE,
    text: JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [] }),
  };
};

export const repositoryOf = (namespace: string): string => `${namespace}/app`;

/** What is there before: the entry of main. */
export const written = (namespace: string): readonly Attempt[] => [
  { what: 'write', method: 'PUSH', path: repositoryOf(namespace), body: GOOD },
  { what: 'tag', method: 'PUT', path: `${repositoryOf(namespace)}/manifests/main`, body: manifestOf(GOOD) },
];

/** What a pull request of a fork may do. */
export const allowed = (namespace: string): readonly Attempt[] => [
  { what: 'read what trusted runs wrote', method: 'GET', path: `${repositoryOf(namespace)}/blobs/${digestOf(GOOD)}` },
  { what: 'write its own', method: 'PUSH', path: `${namespace}/untrusted/app/7/x`, body: 'mine' },
];

/** All that it tries besides. */
export const poisonings = (namespace: string): readonly Attempt[] => {
  const own = repositoryOf(namespace);
  const poison = manifestOf(POISON);
  return [
    { what: 'write over what trusted runs read', method: 'PUSH', path: own, body: POISON },
    { what: 'move the tag of main', method: 'PUT', path: `${own}/manifests/main`, body: poison },
    { what: 'push by digest', method: 'PUT', path: `${own}/manifests/${digestOf(poison.text)}`, body: poison },
    { what: 'write of another pull request', method: 'PUSH', path: `${namespace}/untrusted/app/8/x`, body: POISON },
    { what: 'write of releases', method: 'PUSH', path: `${namespace}/release/x`, body: POISON },
    { what: 'write of a neighbour run', method: 'PUSH', path: `${namespace}/runs/another/x`, body: POISON },
    { what: 'write of another namespace', method: 'PUSH', path: 'another/app', body: POISON },
    { what: 'write of a namespace with a name alike', method: 'PUSH', path: `${namespace}x/app`, body: POISON },
    { what: 'read of another namespace', method: 'GET', path: `another/app/blobs/${digestOf(POISON)}` },
    {
      what: 'mount a blob of another namespace',
      method: 'POST',
      path: `${namespace}/untrusted/app/7/x/blobs/uploads/?mount=${digestOf(POISON)}&from=another/app`,
    },
    { what: 'list the catalogue', method: 'GET', path: '_catalog' },
    { what: 'delete', method: 'DELETE', path: `${own}/blobs/${digestOf(GOOD)}` },
  ];
};

/** Questions for all that the attempts need, and for everything. */
export const scopesFor = (attempts: readonly Attempt[]): readonly string[] => {
  const repositories = attempts.map(({ path }) => path.split(/\/(?:blobs|manifests|tags)\//)[0] ?? '');
  const scopes = [...new Set(repositories)].map((name) => `repository:${name}:pull,push,delete,*`);
  return [...scopes, 'repository:*:*', 'registry:catalog:*'];
};
