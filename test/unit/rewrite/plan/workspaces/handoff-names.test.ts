import { expect } from 'chai';

import { handoffNames } from '../../../../../shared/rewrite/plan/workspaces/handoff-names.ts';
import type { HandoffNames } from '../../../../../shared/rewrite/plan/workspaces/handoff-names.ts';
import { runOf } from '../../../../rewrite/case.ts';

const REGISTRY = 'r.example:5000';
const TASK = { name: 'build' };

describe('the names of handoffs between tasks', () => {
  const names = (target: string, metadata = {}, registry: string | undefined = REGISTRY): HandoffNames =>
    handoffNames({
      target,
      workspace: 'w',
      registry,
      run: runOf({ about: '', resolver: 'wrap', params: {}, run: { metadata } }),
    });

  it('are in the place of the run in the registry of the installation, which nobody else may write', () => {
    for (const target of [
      `${REGISTRY}/ns/app/{{workspace}}:{{hash}}`,
      `${REGISTRY}/{{namespace}}/app/{{workspace}}:v1`,
    ]) {
      const found = names(target);
      expect(found.entry(TASK)).to.equal(`${REGISTRY}/ns/runs/uid/app/w:x-uid-build`);
      expect(found.apart?.run).to.equal(`${REGISTRY}/ns/runs/uid/app/w`);
    }
    expect(names(`${REGISTRY}/{{namespace}}/app/{{workspace}}`).apart?.key).to.equal(`${REGISTRY}/{{namespace}}/app/w`);
    expect(names(`${REGISTRY}/ns/{{arch}}/{{workspace}}`).entry(TASK)).to.equal(
      `${REGISTRY}/ns/runs/uid/{{arch}}/w:x-uid-build`,
    );
  });

  it('are there for a namespace whose name a template writes in another way', () => {
    for (const target of [`${REGISTRY}/{{namespace}}/app/{{workspace}}:v1`, `${REGISTRY}/a--b/app/{{workspace}}:v1`]) {
      const found = names(target, { namespace: 'a--b' });
      expect(found.entry(TASK)).to.equal(`${REGISTRY}/a--b/runs/uid/app/w:x-uid-build`);
    }
  });

  it('are beside the entry everywhere else', () => {
    const controller = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'outer', uid: 'x', controller: true };
    const beside = [
      [`other.example/ns/w:v1`, names('other.example/ns/w:v1')],
      [`${REGISTRY}/ns-2/w:v1`, names(`${REGISTRY}/ns-2/w:v1`)],
      [`${REGISTRY}/ns/release/w:v1`, names(`${REGISTRY}/ns/release/w:v1`)],
      [`${REGISTRY}/ns:v1`, names(`${REGISTRY}/ns:v1`)],
      [`${REGISTRY}/ns/w:v1`, names(`${REGISTRY}/ns/w:v1`, {}, 'another.example')],
      [`${REGISTRY}/ns/w:v1`, names(`${REGISTRY}/ns/w:v1`, { ownerReferences: [controller] })],
    ] as const;
    for (const [target, found] of beside) {
      expect(found.entry(TASK), target).to.equal(`${target.replace(/:v1$/, '')}:x-uid-build.w`);
      expect(found.apart, target).to.equal(undefined);
    }
  });

  it('are of one task and one workspace, however the names of tasks, workspaces and the run continue each other', () => {
    const metadata = { name: 'build' };
    const run = runOf({ about: '', resolver: 'wrap', params: {}, run: { metadata } });
    const of = (workspace: string): HandoffNames => handoffNames({ target: 'r.example/all:v1', workspace, run });
    const matrix = { params: [{ name: 'x', value: ['1', '2'] }] };
    const tasks = [
      { name: 'build' },
      { name: 'build-go' },
      { name: 'build-test-0' },
      { name: 'build-test' },
      { name: 'test', matrix },
      { name: 'go', matrix: { params: [{ name: 'x', value: ['1'] }] } },
    ];
    const all = ['cache', 'go-cache', 'test-0-cache', 'go.cache'].flatMap((workspace) =>
      tasks.flatMap((task) => of(workspace).entries(task).targets),
    );
    expect(all).to.have.length(4 * 7);
    expect(new Set(all).size).to.equal(all.length);
  });
});
