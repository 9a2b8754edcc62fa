import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { main } from '../../../../shared/cli/main.ts';

const PAC = 'pipelinesascode.tekton.dev';
const RUN = `
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: build
  namespace: team-a
  annotations:
    ${PAC}/event-type: pull_request
    ${PAC}/branch: main
    ${PAC}/repository: app
    ${PAC}/pull-request: "7"
    ${PAC}/repo-url: https://git.example.com/org/app
    ${PAC}/source-repo-url: https://git.example.com/stranger/app
spec: {taskRunTemplate: {serviceAccountName: builder}}
`;
const CONFIG = `
apiVersion: v1
kind: ConfigMap
metadata: {name: tekton-cache-config, namespace: tekton-cache}
data:
  default-target: registry/x
  token-trust: |
    - {trust: release, match: {serviceAccounts: [releaser]}}
  token-grants: |
    - {from: {labels: {tier: one}}, repositories: [platform/base/*], allow: push}
---
apiVersion: v1
kind: Namespace
metadata: {name: team-a, labels: {tier: one}}
`;

describe('tekton-cache policy', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'policy-'))));
  afterEach(() => rmSync(directory, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const policy = async (...args: readonly string[]) => {
    const [out, log]: [string[], string[]] = [[], []];
    const terminal = {
      environment: {},
      print: (text: string) => void out.push(text),
      log: (text: string) => void log.push(text),
    };
    const code = await main(['policy', ...args], terminal);
    return { code, out: out.join('\n'), log: log.join('\n') };
  };

  it('explains each run of a file, but for those that one of them made', async () => {
    const metadata =
      '{name: build-unit, namespace: team-a, ownerReferences: [{apiVersion: tekton.dev/v1, kind: PipelineRun, name: build, uid: u, controller: true}]}';
    const child = `apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: ${metadata}\nspec: {}\n`;
    const other =
      'apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: nightly, namespace: team-b}\nspec: {}\n';
    const { code, out } = await policy('explain', '-f', file('runs.yaml', [child, RUN, other].join('---\n')));
    expect(code).to.equal(0);
    expect(out.match(/^\w+Run .*$|^\w+, by /gm)).to.deep.equal([
      'PipelineRun build in team-a, as builder',
      'untrusted, by ',
      'PipelineRun nightly in team-b, as default',
      'trusted, by ',
    ]);
    expect((await policy('explain', '-f', file('child.yaml', child))).log).to.contain('explain that one');
  });

  it('explains what a run may read and write, and by which rule', async () => {
    const asked = [
      '--repository',
      'team-a/app/deps',
      '--repository=team-a/untrusted/app/7/deps',
      '--repository',
      'team-b/x',
    ];
    const { code, out } = await policy('explain', '-f', file('run.yaml', RUN), ...asked);
    expect(code).to.equal(0);
    expect(out.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).to.deep.equal([
      'PipelineRun build in team-a, as builder',
      'event: pull_request on main, pull request 7 of app, from a fork',
      'untrusted, by token-trust-default: forks, and this is a pull request of a fork',
      '',
      'MAY | REPOSITORIES | BY',
      'read | team-a/untrusted/app/7/* | the pull request itself',
      'read | team-a/runs/RUN-UID/* | the run itself',
      'read | team-a/*, but not team-a/untrusted/*, team-a/release/*, team-a/runs/* | trusted runs of the namespace',
      'write | team-a/untrusted/app/7/* | the pull request itself',
      'write | team-a/runs/RUN-UID/* | the run itself',
      '',
      'TARGETS BELOW | ARE READ AS | AND WRITTEN AS',
      'team-a/* | team-a/untrusted/app/7/*, then team-a/* | team-a/untrusted/app/7/*',
      '',
      'team-a/app/deps: pull; as a target it is read as team-a/untrusted/app/7/app/deps, then team-a/app/deps, and written as team-a/untrusted/app/7/app/deps',
      'team-a/untrusted/app/7/deps: pull and push',
      'team-b/x: nothing',
    ]);
  });

  it('takes policy and labels from other files', async () => {
    const args = ['explain', '-f', file('run.yaml', RUN), '--with', file('config.yaml', CONFIG)];
    expect((await policy(...args)).out).to.match(/read +platform\/base\/\*.* token-grants, grant 1/);
    const { out } = await policy(...args, '--service-account', 'releaser');
    expect(out)
      .to.contain('release, by token-trust, rule 1')
      .and.to.match(/write +team-a\/release\/\*/);
    const other = await policy(...args, '--namespace', 'team-b');
    expect(other.out).to.contain('in team-b').and.not.contain('platform/base');
    const leftOut = 'What token-grants give by labels is left out: no file has the Namespace team-b.';
    expect(other.out).to.contain(leftOut);
    expect(out).to.not.contain('left out');
  });

  it('knows a run of Triggers by its labels: it is of no pull request, and has a place of its own', async () => {
    const rule = '[{trust: untrusted, match: {labels: {triggers.tekton.dev/trigger: pull-request}}}]';
    const config = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tekton-cache-config}\ndata: {token-trust: '${rule}'}\n`;
    const run =
      'kind: PipelineRun\nmetadata: {name: ci, namespace: team-a, labels: {triggers.tekton.dev/trigger: pull-request}}\n';
    const { out } = await policy('explain', '-f', file('ci.yaml', run), '--with', file('labels.yaml', config));
    expect(out)
      .to.contain('untrusted, by token-trust, rule 1')
      .and.match(/write +team-a\/untrusted\/run\/RUN-UID\/\* +the run itself/)
      .and.not.contain('the pull request itself');
  });

  it('knows a run of which nothing is known', async () => {
    const { out } = await policy('explain', '-f', file('run.yaml', 'kind: TaskRun\nmetadata: {generateName: x-}'));
    expect(out).to.contain(
      'TaskRun x- in default, as default\nevent: none that Pipelines-as-Code stamped\ntrusted, by',
    );
  });

  it('says of a name that no repository has what the token service says: nothing', async () => {
    const names = ['team-a/App', 'team-a/x/', 'team-a/a/../b', 'team-a/x:v1', `team-a/${'x'.repeat(255)}`];
    const asked = names.map((name) => `--repository=${name}`);
    const { code, out } = await policy('explain', '-f', file('run.yaml', RUN), ...asked);
    expect(code).to.equal(0);
    expect(out.split('\n').slice(-names.length)).to.deep.equal(
      names.map((name) => `${name}: nothing, as no repository has this name`),
    );
  });

  it('asks for the run that made a run: that one has the stamps and the UID', async () => {
    const child = (owner: string) =>
      `kind: TaskRun\nmetadata: {name: build-x, ownerReferences: [{name: build, ${owner}}]}`;
    const explained = async (owner: string) => await policy('explain', '-f', file('child.yaml', child(owner)));
    expect(await explained('apiVersion: tekton.dev/v1, kind: PipelineRun, controller: true')).to.deep.include({
      code: 1,
      log: 'tekton-cache policy: TaskRun build-x has the scope of PipelineRun build, which made it: explain that one.',
    });
    for (const owner of [
      'apiVersion: tekton.dev/v1, kind: PipelineRun',
      'apiVersion: v1, kind: Job, controller: true',
    ]) {
      expect(await explained(owner), owner).to.include({ code: 0 });
    }
  });

  it('says what is wrong', async () => {
    const run = file('run.yaml', RUN);
    expect(await policy()).to.include({ code: 2 });
    expect((await policy('explian', '-f', run)).log).to.contain('Write: tekton-cache policy explain -f FILE');
    expect((await policy('explain')).log).to.contain('-f is required.');
    expect(await policy('explain', '-f', file('x.yaml', CONFIG))).to.deep.include({
      code: 1,
      log: 'tekton-cache policy: The file holds no PipelineRun, no TaskRun, no CustomRun.',
    });
    const wrong = file('wrong.yaml', CONFIG.replace('trust: release', 'trust: friend'));
    expect((await policy('explain', '-f', run, '--with', wrong)).log).to.equal(
      'tekton-cache policy: `token-trust`: rule 1: `trust` is one of trusted, untrusted, release',
    );
    expect((await policy('explain', '--help')).out).to.contain('--repository NAME ...');
  });
});
