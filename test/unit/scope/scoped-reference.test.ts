import { expect } from 'chai';

import { expandPartly } from '../../../shared/request/template.ts';
import { readPolicy } from '../../../shared/scope/policy.ts';
import { parseRunPlaces } from '../../../shared/scope/run-places.ts';
import { scopeOf } from '../../../shared/scope/scope.ts';
import { readAs, writtenAs } from '../../../shared/scope/scoped-reference.ts';
import type { ScopedRegistry } from '../../../shared/scope/scoped-reference.ts';

const REGISTRY = 'registry.example:5000';
const FORK = {
  'pipelinesascode.tekton.dev/event-type': 'pull_request',
  'pipelinesascode.tekton.dev/branch': 'main',
  'pipelinesascode.tekton.dev/pull-request': '7',
  'pipelinesascode.tekton.dev/repository': 'app',
  'pipelinesascode.tekton.dev/repo-url': 'https://git/org/app',
  'pipelinesascode.tekton.dev/source-repo-url': 'https://git/stranger/app',
};

/** As a helper has it: over the wire. */
function scopedFor(
  trust: 'forks' | 'release',
  annotations: Readonly<Record<string, string>> = {},
  namespace = 'team-a',
): ScopedRegistry {
  const facts = { namespace, namespaceLabels: {}, serviceAccount: 'x', run: 'uid', annotations, labels: {} };
  const { places } = scopeOf(facts, readPolicy({ 'token-trust-default': trust }));
  const parsed = parseRunPlaces(JSON.stringify(places));
  expect(parsed).to.deep.equal(places);
  return { registry: REGISTRY, places: parsed! };
}

describe('a target', () => {
  const trusted = scopedFor('forks');
  const untrusted = scopedFor('forks', FORK);
  const release = scopedFor('release');
  const target = `${REGISTRY}/team-a/app/deps:v1`;

  it('of a trusted run is what was written', () => {
    expect(readAs(target, trusted)).to.deep.equal([target]);
    expect(writtenAs(target, trusted)).to.equal(target);
  });

  it('of a pull request of a fork is its own, and then what is trusted; it writes its own', () => {
    const own = `${REGISTRY}/team-a/untrusted/app/7/app/deps:v1`;
    expect(readAs(target, untrusted)).to.deep.equal([own, target]);
    expect(writtenAs(target, untrusted)).to.equal(own);
  });

  it('of a release is what releases wrote', () => {
    const own = `${REGISTRY}/team-a/release/app/deps:v1`;
    expect(readAs(target, release)).to.deep.equal([own]);
    expect(writtenAs(target, release)).to.equal(own);
  });

  it('with {{namespace}} is below the name of the namespace, whatever that is', () => {
    for (const namespace of ['team-a', 'a--b', 'a---b----c', 'a-2d', '0']) {
      const named = (template: string) => expandPartly(`${REGISTRY}/${template}`, { namespace });
      const of = (rest: string) => `${REGISTRY}/${namespace}/${rest}:v1`;
      const places = scopedFor('forks', {}, namespace);
      expect(readAs(named('{{namespace}}/app:v1'), places)).to.deep.equal([of('app')]);
      expect(writtenAs(named('{{namespace}}/app:v1'), places)).to.equal(of('app'));
      expect(writtenAs(named('{{namespace}}/release/app:v1'), places)).to.equal(of('release/app'));
      expect(writtenAs(of('app'), places), 'written out').to.equal(of('app'));
      const fork = scopedFor('forks', FORK, namespace);
      expect(readAs(named('{{namespace}}/app:v1'), fork)).to.deep.equal([of('untrusted/app/7/app'), of('app')]);
    }
  });

  it('keeps its scheme, its tag and its digest', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(writtenAs(`oci://${target}`, release)).to.equal(`oci://${REGISTRY}/team-a/release/app/deps:v1`);
    expect(writtenAs(`${REGISTRY}/team-a/app@${digest}`, release)).to.equal(`${REGISTRY}/team-a/release/app@${digest}`);
    expect(writtenAs(`${REGISTRY}/team-a/app`, release)).to.equal(`${REGISTRY}/team-a/release/app`);
  });

  it('stays as it is where the scope has nothing to say', () => {
    for (const other of [
      'other.example/team-a/app:v1',
      'team-a/app:v1',
      'oci:/workspace/layout:v1',
      `${REGISTRY}/team-b/app:v1`,
      `${REGISTRY}/team-ab/app:v1`,
      `${REGISTRY}/team-a:v1`,
      `${REGISTRY}/team-a/untrusted/app/8/x:v1`,
      `${REGISTRY}/team-a/release/x:v1`,
      `${REGISTRY}/team-a/runs/another/x:v1`,
      `${REGISTRY}/platform/base/x:v1`,
    ]) {
      for (const scoped of [trusted, untrusted, release, undefined]) {
        expect(readAs(other, scoped)).to.deep.equal([other]);
        expect(writtenAs(other, scoped)).to.equal(other);
      }
    }
  });

  it('is turned once: what was turned stays', () => {
    for (const scoped of [untrusted, release]) {
      const once = writtenAs(target, scoped);
      expect(writtenAs(once, scoped)).to.equal(once);
    }
  });

  it('fits into a name, and stays apart from others, however long it was', () => {
    const long = (last: string): string => `${REGISTRY}/team-a/${'x'.repeat(220)}${last}:v1`;
    const [one, two] = ['a', 'b'].map((last) => writtenAs(long(last), untrusted));
    expect(one).to.not.equal(two);
    expect(one?.replace(/:v1$/, '').length).to.equal(255);
    expect(one).to.match(/^registry.example:5000\/team-a\/untrusted\/app\/7\/x+__d[0-9a-f]{32}:v1$/);
  });
});

describe('the answer of a token service', () => {
  const good = {
    trust: 'untrusted',
    namespace: 'team-a',
    reads: ['team-a/untrusted/run/1', 'team-a'],
    writes: 'team-a/x',
  };
  const parsed = (change: object) => parseRunPlaces(JSON.stringify({ ...good, ...change }));

  it('is taken with what a later one says besides', () => {
    expect(parsed({})).to.deep.equal(good);
    expect(parsed({ more: [{ later: true }] })).to.deep.equal(good);
  });

  it('is none where it leads out of the namespace, or is something else', () => {
    for (const change of [
      { trust: 'admin' },
      { namespace: 'a/b', reads: ['a/b'], writes: 'a/b' },
      { namespace: '', reads: ['/x'], writes: '/x' },
      { namespace: undefined },
      { reads: [] },
      { reads: 'team-a' },
      { reads: ['team-a', 'team-b'] },
      { reads: ['team-ab'] },
      { reads: ['team-a/../team-b'] },
      { reads: Array.from({ length: 9 }, () => 'team-a') },
      { reads: ['team-a', 7] },
      { writes: 'team-b/x' },
      { writes: 'team-a/x y' },
      { writes: undefined },
      { more: 'x'.repeat(5000) },
    ]) {
      expect(parsed(change), JSON.stringify(change).slice(0, 80)).to.equal(undefined);
    }
    for (const text of ['', 'null', '[]', '"team-a"', '<html>']) expect(parseRunPlaces(text)).to.equal(undefined);
  });
});
