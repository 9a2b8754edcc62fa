import { expect } from 'chai';

import { grant } from '../../../shared/scope/access.ts';
import { readGrants, readTrustRules } from '../../../shared/scope/policy.ts';
import type { Policy } from '../../../shared/scope/policy.ts';
import { eventOf } from '../../../shared/scope/run-facts.ts';
import type { RunFacts } from '../../../shared/scope/run-facts.ts';
import { scopeOf } from '../../../shared/scope/scope.ts';

const PAC = 'pipelinesascode.tekton.dev';
const URL = 'https://git.example.com/org/app';

function facts(given: Partial<RunFacts> = {}): RunFacts {
  return {
    namespace: 'team-a',
    namespaceLabels: {},
    serviceAccount: 'default',
    run: 'uid-1',
    annotations: {},
    labels: {},
    ...given,
  };
}

/** As Pipelines-as-Code stamps a run; `source` is where the change comes from. */
function stamped(type: string, source: string, more: Readonly<Record<string, string>> = {}): Partial<RunFacts> {
  const stamps = {
    'event-type': type,
    repository: 'app',
    'repo-url': URL,
    'source-repo-url': source,
    branch: 'main',
    ...more,
  };
  return { annotations: Object.fromEntries(Object.entries(stamps).map(([name, value]) => [`${PAC}/${name}`, value])) };
}

function policy(keys: { grants?: string; trust?: string; fallback?: Policy['trustDefault'] } = {}): Policy {
  const { grants = '', trust = '', fallback = 'forks' } = keys;
  return { grants: readGrants(grants), trustRules: readTrustRules(trust), trustDefault: fallback };
}

/** What is granted of `pull,push` on each repository: `team-a/x: pull,push`. */
function granted(repositories: readonly string[], given: Partial<RunFacts> = {}, keys = {}): string[] {
  const scope = scopeOf(facts(given), policy(keys));
  const asked = repositories.map((name) => `repository:${name}:pull,push`);
  return grant(asked, scope).granted.map(({ name, actions }) => `${name}: ${actions.join(',')}`);
}

const FORK = stamped('pull_request', 'https://git.example.com/stranger/app', { 'pull-request': '7' });
const PARTS = [
  'team-a/app/cache',
  'team-a/untrusted/app/7/cache',
  'team-a/untrusted/app/8/cache',
  'team-a/release/app',
  'team-a/runs/uid-1/x',
  'team-a/runs/uid-2/x',
  'team-b/app',
];

describe('the scope of a run', () => {
  it('is what is below its namespace, but for the parts of other runs', () => {
    expect(granted(PARTS)).to.deep.equal(['team-a/app/cache: pull,push', 'team-a/runs/uid-1/x: pull,push']);
  });

  it('ends at the slash: names that only begin alike are of others', () => {
    const names = ['team-a', 'team-ab/x', 'team-a-b/x', 'team-a/x/y/z', 'team-a/untrusted', 'team-a/untrusted-not/x'];
    expect(granted(names)).to.deep.equal(['team-a/x/y/z: pull,push', 'team-a/untrusted-not/x: pull,push']);
  });

  it('of a pull request of a fork: it reads what is trusted, and writes its own', () => {
    expect(granted(PARTS, FORK)).to.deep.equal([
      'team-a/app/cache: pull',
      'team-a/untrusted/app/7/cache: pull,push',
      'team-a/runs/uid-1/x: pull,push',
    ]);
  });

  it('of a release: it neither reads nor writes what others wrote', () => {
    const trust = '[{trust: release, match: {serviceAccounts: [releaser]}}]';
    expect(granted(PARTS, { serviceAccount: 'releaser' }, { trust })).to.deep.equal([
      'team-a/release/app: pull,push',
      'team-a/runs/uid-1/x: pull,push',
    ]);
  });

  it('of an untrusted run that is of no pull request: what it writes nobody else reads', () => {
    const trust = '[{trust: untrusted, match: {namespaces: [team-*]}}]';
    const names = ['team-a/untrusted/run/uid-1/x', 'team-a/untrusted/run/uid-2/x', 'team-a/x'];
    const expected = ['team-a/untrusted/run/uid-1/x: pull,push', 'team-a/x: pull'];
    expect(granted(names, {}, { trust })).to.deep.equal(expected);
    const odd = stamped('push', URL, { repository: '../team-b', 'pull-request': '7' });
    expect(granted(names, odd, { trust }), 'a stamp that is no name').to.deep.equal(expected);
  });

  it('grows by grants, for the namespaces that they name', () => {
    const grants = `
- {from: {namespaces: [team-*]}, repositories: [platform/base/*], allow: pull}
- {from: {namespaces: ["*"], labels: {tier: platform}}, repositories: [platform/base/*, platform/one], allow: push}
- {from: {namespaces: [other]}, repositories: [team-b/*], allow: push}`;
    const names = ['platform/base/x', 'platform/one', 'platform/untrusted/app/7/x', 'platform/other', 'team-b/x'];
    expect(granted(names, {}, { grants })).to.deep.equal(['platform/base/x: pull']);
    expect(granted(names, { namespaceLabels: { tier: 'platform' } }, { grants })).to.deep.equal([
      'platform/base/x: pull,push',
      'platform/one: pull,push',
    ]);
    const pushable = { namespaceLabels: { tier: 'platform' }, ...FORK };
    expect(granted(names, pushable, { grants }), 'a fork').to.deep.equal([
      'platform/base/x: pull',
      'platform/one: pull',
    ]);
  });

  it('never opens parts of some runs by a grant', () => {
    const grants = '[{from: {namespaces: ["*"]}, repositories: [team-a/*, team-b/*, team-b/untrusted/*], allow: push}]';
    const names = ['team-b/x', 'team-b/untrusted/app/1/x', 'team-b/release/x', 'team-b/runs/u/x', 'team-a/runs/u/x'];
    expect(granted(names, {}, { grants })).to.deep.equal(['team-b/x: pull,push']);
  });
});

describe('a question for a scope', () => {
  const answer = (...asked: string[]) => grant(asked, scopeOf(facts(), policy()));

  it('is cut down to what is granted, and each rest has its reason', () => {
    const { granted, refused } = answer('repository:team-a/x:pull,push,delete', 'repository:team-b/x:push,pull');
    expect(granted).to.deep.equal([{ type: 'repository', name: 'team-a/x', actions: ['pull', 'push'] }]);
    expect(refused).to.deep.equal([
      'repository:team-a/x:delete: only pull and push are granted',
      'repository:team-b/x:push: it is outside of what a run that is trusted may write: team-a/*, team-a/runs/uid-1/*',
      'repository:team-b/x:pull: it is outside of what a run that is trusted may read: team-a/*, team-a/runs/uid-1/*',
    ]);
  });

  it('gets nothing for the catalogue, for *, for other types, and for names that no registry has', () => {
    const asked = [
      'registry:catalog:*',
      'repository:team-a/x:*',
      'repository:*:pull',
      'repository:team-a/*:pull',
      'repository(plugin):team-a/x:pull',
      'repository:team-a/../team-b/x:pull',
      'repository:team-a//x:pull',
      'repository:team-a/X:pull',
      'repository:team-a/x%2f:pull',
      `repository:team-a/${'x'.repeat(255)}:pull`,
      'repository::pull',
      'repository:team-a/x',
      ':team-a/x:pull',
      '',
    ];
    const { granted, refused } = answer(...asked);
    expect(granted).to.deep.equal([]);
    expect(refused).to.have.length(asked.length);
  });
});

describe('a question for very many actions', () => {
  it('is answered with no more words than it has itself, by far', () => {
    const name = `team-b/${'x'.repeat(240)}`;
    for (const word of ['a', 'push']) {
      const actions = Array.from({ length: 10_000 }, () => word).join(',');
      const { granted, refused } = grant([`repository:${name}:${actions}`], scopeOf(facts(), policy()));
      expect(granted).to.deep.equal([]);
      expect(refused.join('').length).to.be.below(actions.length + 1000);
    }
  });
});

describe('what a run was made for', () => {
  const read = (given: Partial<RunFacts>) => eventOf(facts(given));

  it('is what Pipelines-as-Code stamped', () => {
    expect(read(FORK)).to.deep.equal({
      type: 'pull_request',
      branch: 'main',
      pullRequest: { repository: 'app', number: '7' },
      isFork: true,
    });
    expect(read(stamped('push', URL))).to.deep.equal({ type: 'push', branch: 'main', isFork: false });
    expect(read({})).to.deep.equal({ isFork: false });
  });

  it('is a fork where the source is another repository, or is not known', () => {
    const of = (source: string, type = 'pull_request') => read(stamped(type, source, { 'pull-request': '7' })).isFork;
    expect([of(URL), of(`${URL}.git`), of(`${URL}/`), of(URL.toUpperCase())]).to.deep.equal([
      false,
      false,
      false,
      false,
    ]);
    expect([of(''), of(`${URL}2`), of('https://git.example.com/org'), of(`${URL}2`, 'test-comment')]).to.deep.equal([
      true,
      true,
      true,
      true,
    ]);
    expect(read(stamped('Merge Request', '')).isFork, 'GitLab').to.equal(true);
  });

  it('is of a fork where a check is run again, whatever its author wrote where Pipelines-as-Code stamps nothing', () => {
    // GitHub tells neither branch nor pull request of a check of a fork, and Pipelines-as-Code takes it for a push.
    const again = (more: Readonly<Record<string, string>> = {}) => stamped('push', URL, { branch: '', ...more });
    const labels = { [`${PAC}/branch`]: 'main', [`${PAC}/source-repo-url`]: 'x', [`${PAC}/pull-request`]: '12' };
    const runs = [
      again(),
      { ...again(), labels },
      again({ 'pull-request': '12' }),
      { ...again({ 'pull-request': '12' }), labels },
    ];
    for (const run of runs) {
      expect(read(run)).to.deep.equal({ type: 'push', isFork: true });
      const rules = readTrustRules('[{trust: release, match: {events: [push], branches: [main]}}]');
      const scope = scopeOf(facts(run), { ...policy(), trustRules: rules });
      expect([scope.trust, scope.places.writes]).to.deep.equal(['untrusted', 'team-a/untrusted/run/uid-1']);
    }
  });

  it('is in labels where nothing is stamped as an annotation', () => {
    const { annotations = {} } = FORK;
    const given = { labels: annotations, annotations: { [`${PAC}/on-event`]: '[push]' } };
    expect(read(given)).to.deep.equal(read(FORK));
  });
});

describe('rules of trust', () => {
  const trust = (rules: string, given: Partial<RunFacts> = {}, fallback?: Policy['trustDefault']) => {
    const scope = scopeOf(facts(given), policy({ trust: rules, ...(fallback ? { fallback } : {}) }));
    return [scope.trust, scope.rule];
  };

  it('are taken in order; the first that matches counts', () => {
    const rules = `
- {trust: untrusted, match: {events: [pull_request]}}
- {trust: trusted, match: {namespaces: [team-a]}}
- {trust: release, match: {branches: ["refs/tags/*"]}}`;
    expect(trust(rules, stamped('pull_request', URL))).to.deep.equal(['untrusted', 'token-trust, rule 1']);
    expect(trust(rules, stamped('push', URL, { branch: 'refs/tags/v1' }))).to.deep.equal([
      'trusted',
      'token-trust, rule 2',
    ]);
    const other = { namespace: 'team-b', ...stamped('push', URL, { branch: 'refs/tags/v1' }) };
    expect(trust(rules, other)).to.deep.equal(['release', 'token-trust, rule 3']);
  });

  it('match where every field does, and never what is not known', () => {
    const rule = (match: string) => `[{trust: release, match: ${match}}]`;
    const labels = { 'triggers.tekton.dev/trigger': 'github-push' };
    const given = { ...stamped('push', URL), labels, serviceAccount: 'builder' };
    const is = (match: string, of: Partial<RunFacts> = given) => trust(rule(match), of)[0] === 'release';
    expect(is('{}')).to.equal(true);
    expect(is('{events: [push, incoming], branches: [main], fork: false}')).to.equal(true);
    expect(is('{events: [push], branches: [stable]}')).to.equal(false);
    expect(is('{labels: {triggers.tekton.dev/trigger: github-*}}')).to.equal(true);
    expect(is('{labels: {triggers.tekton.dev/trigger: gitlab-*}}')).to.equal(false);
    expect(is('{annotations: {pipelinesascode.tekton.dev/repository: app}, serviceAccounts: [build*]}')).to.equal(true);
    expect(is('{events: ["*"]}', {}), 'no event').to.equal(false);
    expect(is('{fork: true}')).to.equal(false);
  });

  it('give no more for the event alone where no branch is stamped, as of the check of a fork that is run again', () => {
    const again = stamped('push', URL, { branch: '' });
    for (const known of ['[push]', '["*"]']) {
      for (const more of ['trusted', 'release']) {
        const rules = `[{trust: ${more}, match: {events: ${known}}}]`;
        expect(trust(rules, again, 'untrusted')).to.deep.equal(['untrusted', 'token-trust-default: untrusted']);
        expect(trust(rules, stamped('push', URL), 'untrusted')[0]).to.equal(more);
      }
      const less = `[{trust: untrusted, match: {events: ${known}}}]`;
      expect(trust(less, again, 'trusted')).to.deep.equal(['untrusted', 'token-trust, rule 1']);
    }
  });

  it('for a branch are about pull requests and pushes, and never take a branch for a tag', () => {
    const is = (pattern: string, type: string, branch: string) =>
      trust(`[{trust: untrusted, match: {branches: ["${pattern}"]}}]`, stamped(type, URL, { branch }))[0] ===
      'untrusted';
    const branches = ['main', 'refs/heads/main', 'refs/heads/team/main', 'refs/tags/main', 'refs/heads/refs/tags/main'];
    const matching = (pattern: string) => branches.filter((branch) => is(pattern, 'push', branch));
    expect(matching('main')).to.deep.equal(['main', 'refs/heads/main']);
    expect(matching('team/*')).to.deep.equal(['refs/heads/team/main']);
    expect(matching('refs/tags/*')).to.deep.equal(['refs/tags/main']);
    // By this a rule tells a push from a pull request.
    expect(matching('refs/heads/main')).to.deep.equal(['refs/heads/main']);
    expect(matching('*')).to.deep.equal(branches);
    expect(trust('[{trust: untrusted, match: {branches: ["*"]}}]')[0], 'no stamps').to.equal('trusted');
  });

  it('have a default where none matches', () => {
    expect(trust('', FORK)[0]).to.equal('untrusted');
    expect(trust('', stamped('pull_request', URL, { 'pull-request': '7' }))[0]).to.equal('trusted');
    expect(trust('', FORK, 'trusted')).to.deep.equal(['trusted', 'token-trust-default: trusted']);
    expect(trust('', {}, 'untrusted')[0]).to.equal('untrusted');
  });
});

describe('policy in the configuration', () => {
  it('is refused where it says something else than it seems to', () => {
    for (const [text, why] of [
      ['from: {}', 'expected a YAML list'],
      ['- [', 'not YAML'],
      ['- {from: {}, repositories: [a/*], allow: pull}', 'names no namespaces'],
      ['- {from: {namespace: [x]}, repositories: [a/*], allow: pull}', 'has no field "namespace"'],
      ['- {from: {namespaces: []}, repositories: [a/*], allow: pull}', 'is not a list of texts'],
      ['- {from: {namespaces: ["*"]}, repositories: ["*"], allow: pull}', '"*" is no repository'],
      ['- {from: {namespaces: ["*"]}, repositories: ["a*"], allow: pull}', '"a*" is no repository'],
      ['- {from: {namespaces: ["*"]}, repositories: ["a/*/b"], allow: pull}', 'is no repository'],
      ['- {from: {namespaces: ["*"]}, repositories: [a/*], allow: delete}', '`allow` is pull or push'],
      ['- {from: {labels: {a: 1}}, repositories: [a/*], allow: pull}', 'is not a mapping of texts'],
    ] as const) {
      expect(() => readGrants(text), text).to.throw(why);
    }
    for (const [text, why] of [
      ['- {trust: friend, match: {}}', '`trust` is one of'],
      ['- {trust: trusted}', 'is not a mapping'],
      ['- {trust: trusted, match: {event: push}}', 'has no field "event"'],
      ['- {trust: trusted, match: {fork: "yes"}}', '`fork` is true or false'],
      [`- {trust: trusted, match: {events: [${'x'.repeat(70_000)}]}}`, 'more than'],
    ] as const) {
      expect(() => readTrustRules(text), text.slice(0, 80)).to.throw(why);
    }
  });
});
