import { expect } from 'chai';

import { CacheError } from '../../../shared/errors.ts';
import { parseTarget } from '../../../shared/store/reference.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

const REGISTRY_TARGETS: readonly (readonly [string, string, string, string])[] = [
  // target, registry, repository, reference
  ['registry.example.com/team/app:v1', 'registry.example.com', 'team/app', 'v1'],
  ['registry.example.com/team/app', 'registry.example.com', 'team/app', 'latest'],
  ['registry.example.com:5000/app:v1', 'registry.example.com:5000', 'app', 'v1'],
  ['localhost/app:v1', 'localhost', 'app', 'v1'],
  ['localhost:5000/app', 'localhost:5000', 'app', 'latest'],
  ['10.0.0.7:5000/a/b/c/d:x', '10.0.0.7:5000', 'a/b/c/d', 'x'],
  ['[::1]:5000/app:v1', '[::1]:5000', 'app', 'v1'],
  [`registry.example.com/app@${DIGEST}`, 'registry.example.com', 'app', DIGEST],
  [`registry.example.com/app:v1@${DIGEST}`, 'registry.example.com', 'app', DIGEST],
  ['ubuntu', 'docker.io', 'library/ubuntu', 'latest'],
  ['ubuntu:22.04', 'docker.io', 'library/ubuntu', '22.04'],
  ['team/app:v1', 'docker.io', 'team/app', 'v1'],
  ['docker.io/ubuntu', 'docker.io', 'library/ubuntu', 'latest'],
  ['index.docker.io/team/app', 'docker.io', 'team/app', 'latest'],
  // As other tools write it.
  ['oci://quay.io/team/cache:tag', 'quay.io', 'team/cache', 'tag'],
  ['docker://registry.example.com/team/app', 'registry.example.com', 'team/app', 'latest'],
  ['OCI://quay.io/team/cache:tag', 'quay.io', 'team/cache', 'tag'],
  // Legal, though other clients refuse them.
  ['registry.example.com/a/b', 'registry.example.com', 'a/b', 'latest'],
  ['registry.example.com/team--x/a__b/c.d-e', 'registry.example.com', 'team--x/a__b/c.d-e', 'latest'],
];

const LAYOUT_TARGETS: readonly (readonly [string, string, string])[] = [
  // target, directory, reference
  ['oci:/var/cache:v1', '/var/cache', 'v1'],
  ['oci:/var/cache', '/var/cache', 'latest'],
  ['oci:relative/dir:v1', 'relative/dir', 'v1'],
  ['oci:/var/c:d/e:v1', '/var/c:d/e', 'v1'],
  ['oci:/var/c:d/e', '/var/c:d/e', 'latest'],
  [`oci:/var/cache@${DIGEST}`, '/var/cache', DIGEST],
  [`oci:/var/cache:v1@${DIGEST}`, '/var/cache', DIGEST],
];

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /empty/],
  ['https://registry.example.com/app', /leave out "https:\/\/"/],
  ['HTTPS://registry.example.com/app', /leave out "HTTPS:\/\/"/],
  ['oci+http://registry.example.com/app', /leave out/],
  ['oci://', /is empty/],
  ['registry.example.com/App', /"App" cannot be part of a repository/],
  ['registry.example.com/team//app', /part of the repository is empty/],
  ['registry.example.com/', /part of the repository is empty/],
  ['registry.example.com/../secrets', /"\.\." cannot be part/],
  ['registry.example.com/app:-v1', /"-v1" is not a tag/],
  [`registry.example.com/app:${'v'.repeat(129)}`, /is not a tag/],
  ['registry.example.com/app@sha256:abc', /"sha256:abc" is not a digest/],
  ['registry.example.com/app@', /"" is not a digest/],
  ['user@registry.example.com/app', /is not a digest/],
  ['registry_example.com/app', /"registry_example.com" is not a host/],
  // In the form of one, and none in an address.
  ...['registry.example.com:70000', '256.1.1.1', '10.0.0.7.5:5000', 'registry.1', '[::1::]:5000', '[1.2]'].map(
    (host): [string, RegExp] => [`${host}/app:v1`, /is not a host\[:port\]$/],
  ),
  [`registry.example.com/${'a'.repeat(250)}`, /more than 255 characters/],
  ['oci:', /names no directory/],
  ['oci::v1', /names no directory/],
];

describe('parseTarget', () => {
  for (const [target, registry, repository, reference] of REGISTRY_TARGETS) {
    it(`reads ${target}`, () => {
      expect(parseTarget(target)).to.deep.equal({ kind: 'registry', registry, repository, reference });
    });
  }

  for (const [target, dir, reference] of LAYOUT_TARGETS) {
    it(`reads ${target}`, () => {
      expect(parseTarget(target)).to.deep.equal({ kind: 'layout', dir, reference });
    });
  }

  for (const [target, sentence] of REFUSED) {
    it(`refuses "${target.slice(0, 40)}" with a sentence`, () => {
      expect(() => parseTarget(target))
        .to.throw(CacheError, sentence)
        .with.property('code', 'InvalidParams');
    });
  }
});
