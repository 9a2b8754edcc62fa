import { expect } from 'chai';

import type { RegistryToken } from '../../../shared/interface/places/registry-token.ts';
import { defaultTargetFor } from '../../../shared/request/default-target.ts';
import type { CacheDirectory } from '../../../shared/request/protocol.ts';
import { parseRequest } from '../../../shared/request/request.ts';
import { expandPartly, repositoryOfTemplate } from '../../../shared/request/template.ts';
import { placeFor } from '../../../shared/scope/access.ts';
import { readPolicy } from '../../../shared/scope/policy.ts';
import { scopeOf } from '../../../shared/scope/scope.ts';

const REGISTRY = 'registry.tekton-cache.svc:5000';
const TOKEN: RegistryToken = {
  registry: REGISTRY,
  realm: 'https://tokens.tekton-cache.svc/token',
  tokenFile: '/tekton-cache/registry-token/token',
};
const DEFAULT = `${REGISTRY}/{{namespace}}/{{pipeline}}/{{workspace}}:{{hash}}`;
const THERE = `${REGISTRY}/team/app:v1`;
const ELSEWHERE = 'registry.example.com/team/app:v1';

const tokenOf = (params: Readonly<Record<string, unknown>>, cache: Partial<CacheDirectory> = {}) =>
  parseRequest({
    verb: 'target' in params && 'aliases' in params ? 'upload' : 'fetch',
    surface: 'customrun',
    params,
    caches: [{ name: 'modules', dir: '/workspace/modules', ...cache }],
    variables: { namespace: 'team' },
    dockerConfigs: [],
    registryToken: TOKEN,
  }).registryToken;

describe('the target of runs that have none', () => {
  it('is that of the configuration where the Pipeline has a name', () => {
    expect(defaultTargetFor(DEFAULT, { pipeline: 'build' }, REGISTRY)).to.equal(DEFAULT);
  });

  it('is without the Pipeline where that has no name of its own', () => {
    for (const [template, expected] of [
      ['r.example/{{namespace}}/{{pipeline}}/{{workspace}}:{{hash}}', 'r.example/{{namespace}}/{{workspace}}:{{hash}}'],
      ['r.example/{{namespace}}/{{ pipeline }}:{{hash}}', 'r.example/{{namespace}}:{{hash}}'],
      ['r.example/{{namespace}}/{{pipeline}}', 'r.example/{{namespace}}'],
      // A part of a name, or of a tag, is more than a place, and refused as ever.
      ['r.example/x-{{pipeline}}/y:{{pipeline}}', 'r.example/x-{{pipeline}}/y:{{pipeline}}'],
    ] as const) {
      expect(defaultTargetFor(template, {}, undefined), template).to.equal(expected);
    }
  });

  it('is without a Pipeline whose name is a place of other runs in the registry of the installation', () => {
    const facts = {
      namespace: 'team',
      namespaceLabels: {},
      serviceAccount: 'x',
      run: 'u',
      annotations: {},
      labels: {},
    };
    const scope = scopeOf(facts, readPolicy({}));
    for (const pipeline of ['untrusted', 'release', 'runs', 'build', 'release-1', 'releases']) {
      const template = defaultTargetFor(DEFAULT, { pipeline }, REGISTRY);
      const repository = repositoryOfTemplate(expandPartly(template, { namespace: 'team', pipeline, workspace: 'w' }));
      expect(placeFor('push', repository.slice(REGISTRY.length + 1), scope)?.rule, repository).to.be.a('string');
    }
    for (const template of [
      `${REGISTRY}/x/{{namespace}}/{{pipeline}}`,
      `${REGISTRY}/{{pipeline}}`,
      `${REGISTRY}/{{namespace}}/x-{{pipeline}}`,
    ]) {
      expect(defaultTargetFor(template, { pipeline: 'release' }, REGISTRY)).to.equal(template);
    }
  });

  it('has such a Pipeline in any other registry, which has no such places', () => {
    const defaults = { target: 'r.example/{{namespace}}/{{pipeline}}/{{workspace}}:{{hash}}' };
    for (const registryToken of [undefined, TOKEN]) {
      const request = parseRequest({
        verb: 'fetch',
        surface: 'customrun',
        params: { files: 'go.sum' },
        source: '/workspace/source',
        caches: [{ name: 'modules', dir: '/workspace/modules' }],
        variables: { namespace: 'team', pipeline: 'release' },
        dockerConfigs: [],
        defaults,
        ...(registryToken === undefined ? {} : { registryToken }),
      });
      expect(request.target).to.equal(defaults.target);
    }
  });

  it('lets a run of an embedded Pipeline be, also with a preset', () => {
    const input = {
      verb: 'fetch',
      surface: 'customrun',
      source: '/workspace/source',
      caches: [{ name: 'modules', dir: '/workspace/modules' }],
      variables: { namespace: 'team' },
      dockerConfigs: [],
      defaults: { target: DEFAULT },
      registryToken: TOKEN,
    } as const;
    const plain = parseRequest({ ...input, params: { files: 'go.sum' } });
    expect(plain).to.deep.include({ target: `${REGISTRY}/{{namespace}}/{{workspace}}:{{hash}}`, registryToken: TOKEN });
    const { caches } = parseRequest({ ...input, params: { preset: 'go' } });
    expect(caches.map(({ target }) => target).join(' ')).to.match(
      /^registry\.tekton-cache\.svc:5000\/\{\{namespace\}\}\/\{\{workspace\}\}:/,
    );
    const named = parseRequest({
      ...input,
      variables: { namespace: 'team', pipeline: 'build' },
      params: { files: 'x' },
    });
    expect(named.target).to.equal(DEFAULT);
  });
});

describe('the token for the registry of the installation', () => {
  it('is for requests with a target in it, wherever the target is named', () => {
    const node = { task: 'a', targets: [THERE], after: [] };
    for (const [what, token] of [
      ['target', tokenOf({ target: THERE })],
      ['oci://', tokenOf({ target: `oci://${THERE}` })],
      ['fallbacks', tokenOf({ target: ELSEWHERE, fallbacks: [THERE] })],
      ['aliases', tokenOf({ target: ELSEWHERE, aliases: [THERE] })],
      ['target of a cache', tokenOf({ target: ELSEWHERE }, { target: THERE })],
      ['fallback of a cache', tokenOf({ target: ELSEWHERE }, { fallbacks: [THERE] })],
      ['alias of a cache', tokenOf({ target: ELSEWHERE }, { aliases: [THERE] })],
      ['base of a join', tokenOf({ target: ELSEWHERE }, { join: { nodes: [], base: [THERE] } })],
      ['task of a join', tokenOf({ target: ELSEWHERE }, { join: { nodes: [node], base: [] } })],
      ['content on its way', tokenOf({ target: ELSEWHERE }, { travels: { target: THERE, keepMs: 1 } })],
    ] as const) {
      expect(token, what).to.deep.equal(TOKEN);
    }
  });

  it('is for no others', () => {
    for (const target of [
      ELSEWHERE,
      `${REGISTRY}1/team/app`,
      `registry.example.com/${REGISTRY.split(':')[0]}/app`,
      'app',
    ]) {
      expect(tokenOf({ target }), target).to.equal(undefined);
    }
  });
});
