import { expect } from 'chai';
import { startGitServer } from '../../support/git/git-server.ts';
import type { GitServer } from '../../support/git/git-server.ts';
import { paramsOf, SHELL } from '../../support/product/runs.ts';
import type { KubeObject } from '../../support/kube/kube-api.ts';
import { EMPTY_DIR, reason, result, sentence, useResolvers, wrap } from './ground.ts';

/** A Task of the repository, as the Pipeline of the same repository refers to it. */
const WRITES = `apiVersion: tekton.dev/v1
kind: Task
metadata: { name: writes }
spec:
  workspaces: [{ name: w }]
  steps:
    - image: ${SHELL}
      script: echo from-git > $(workspaces.w.path)/file
`;

const PIPELINE = (url: string): string => `apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: of-the-repository }
spec:
  workspaces: [{ name: w }]
  results: [{ name: found, value: $(tasks.read.results.found) }]
  tasks:
    - name: write
      workspaces: [{ name: w }]
      taskRef:
        resolver: git
        params:
          - { name: url, value: "${url}" }
          - { name: revision, value: main }
          - { name: pathInRepo, value: tasks/writes.yaml }
    - name: read
      runAfter: [write]
      workspaces: [{ name: w }]
      taskSpec:
        workspaces: [{ name: w }]
        results: [{ name: found }]
        steps:
          - image: ${SHELL}
            script: cat $(workspaces.w.path)/file | tee $(results.found.path)
`;

interface Provenance extends KubeObject {
  readonly status?: {
    readonly provenance?: {
      readonly refSource?: { readonly uri?: string; readonly digest?: Readonly<Record<string, string>> };
    };
  };
}

describe("references through Tekton's git resolver", function () {
  this.timeout(180_000);
  const ground = useResolvers();
  let git: GitServer;
  before(async function () {
    if (!(await ground.hasTektonResolvers())) this.skip();
    git = await startGitServer(ground.product.cluster.local.hostAddress);
  });
  after(async () => await git?.stop());

  const fromGit = (path: string): string => {
    const params = paramsOf({ url: git.url('pipelines'), revision: 'main', pathInRepo: path });
    return JSON.stringify({ resolver: 'git', params });
  };

  it('are followed for the Pipeline, and late for its Task; the run says which commit it was', async () => {
    const commit = await git.commit('pipelines', {
      'pipeline.yaml': PIPELINE(git.url('pipelines')),
      'tasks/writes.yaml': WRITES,
    });
    const done = await ground.run(
      wrap({ pipelineref: fromGit('pipeline.yaml'), target: ground.target('git') }),
      EMPTY_DIR,
    );
    expect(reason(done), sentence(done)).to.equal('Succeeded');
    expect(result(done, 'found').trim()).to.equal('from-git');
    const { api } = ground.product.cluster;
    const id = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', namespace: ground.space.name };
    const { status } = await api.get<Provenance>({ ...id, name: done.metadata.name });
    const refSource = status?.provenance?.refSource;
    expect(refSource?.uri).to.contain(git.url('pipelines'));
    expect(refSource?.digest).to.deep.equal({ sha1: commit });
  });

  it('end with what the other resolver said when there is no such file', async () => {
    await git.commit('pipelines', { 'README.md': String(Date.now()) });
    const done = await ground.run(
      wrap({ pipelineref: fromGit('nowhere.yaml'), target: ground.target('git') }),
      EMPTY_DIR,
    );
    expect(reason(done)).to.equal('CouldntGetPipeline');
    expect(sentence(done)).to.contain('The resolver `git` said:').and.contain('nowhere.yaml');
  });
});
