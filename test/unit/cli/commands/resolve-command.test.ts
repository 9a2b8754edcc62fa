import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { main } from '../../../../shared/cli/main.ts';

const RUN = `
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: { generateName: build- }
spec:
  params: [{ name: team, value: blue }]
  pipelineRef:
    resolver: cache
    params:
      - { name: pipelineref, value: p }
      - { name: workspaces, value: w }
      - { name: target, value: 'r/$(params.team)/{{namespace}}' }
  workspaces: [{ name: w, emptyDir: {} }]
`;
const PIPELINE = `
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: p }
spec:
  workspaces: [{ name: w }]
  tasks:
    - { name: here, taskRef: { name: t }, workspaces: [{ name: w }] }
    - { name: elsewhere, taskRef: { resolver: git, params: [] }, workspaces: [{ name: w }], runAfter: [here] }
`;
const TASK = `
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: t }
spec: { workspaces: [{ name: w }], steps: [{ name: s, image: busybox }] }
---
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: another }
spec: { steps: [{ name: s, image: busybox }] }
`;

/** The run with another Pipeline. */
const runOf = (pipeline: string): string => RUN.replace(/  pipelineRef:[\s\S]*?(?=\n  workspaces)/, pipeline);

describe('tekton-cache resolve', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'resolve-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  async function run(run: string, documents: readonly string[], ...args: readonly string[]) {
    writeFileSync(join(dir, 'run.yaml'), run);
    const files = documents.map((text, at) => {
      const file = join(dir, `${at}.yaml`);
      writeFileSync(file, text);
      return ['--with', file];
    });
    let out = '';
    let err = '';
    const code = await main(['resolve', '-f', join(dir, 'run.yaml'), ...files.flat(), ...args], {
      environment: {},
      print: (text) => void (out += `${text}\n`),
      log: (text) => void (err += `${text}\n`),
    });
    return { code, out, err };
  }

  it('prints the Pipeline, and the Tasks at hand that its late references lead to', async () => {
    const { code, out } = await run(RUN, [PIPELINE, TASK]);
    expect(code).to.equal(0);
    const documents = parseAllDocuments(out).map(
      (document) => document.toJS() as { kind: string; metadata: { name: string } },
    );
    expect(documents.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.deep.equal(['Pipeline p', 'Task t']);
    expect(out).to.contain('- r/blue/default\n');
  });

  const CATALOG = (params: string): string => `
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: p }
spec:
  workspaces: [{ name: w }]
  tasks: [{ name: build, taskRef: { resolver: git, params: [${params}] }, workspaces: [{ name: w }] }]
`;
  const TWO = TASK.replace('name: another', 'name: golang-build');

  it('finds a Task of another resolver by the name or the path in the reference', async () => {
    for (const params of [
      '{name: name, value: golang-build}',
      '{name: pathInRepo, value: task/golang-build/0.3/golang-build.yaml}',
    ]) {
      const { out, err } = await run(RUN, [CATALOG(params), TWO]);
      expect(out).to.contain('name: golang-build').and.not.contain('name: t\n');
      expect(err).to.equal('');
    }
  });

  it('says which Tasks it was not given, instead of taking another one', async () => {
    const { code, err } = await run(RUN, [CATALOG('{name: pathInRepo, value: task/maven.yaml}'), TASK]);
    expect(code).to.equal(0);
    expect(err).to.contain('Task of `git task/maven.yaml` is not among the documents');
  });

  it('follows references to our resolvers in a Pipeline that the run embeds', async () => {
    const embedded = runOf(
      `  pipelineSpec:
    tasks:
      - name: build
        taskRef:
          resolver: cache
          params: [{ name: taskref, value: t }, { name: workspaces, value: w }, { name: target, value: r/x }]
        workspaces: [{ name: w }]`,
    );
    const { code, out, err } = await run(embedded, [TASK]);
    expect(code, err).to.equal(0);
    expect(out).to.contain('kind: Task').and.contain('name: cache-fetch');
  });

  it('follows references to our resolvers in a Pipeline that the run has without us', async () => {
    const late = `
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: p }
spec:
  workspaces: [{ name: w }]
  tasks: [{ name: first, taskRef: { name: another } }]
  finally:
    - name: build
      taskRef:
        resolver: cache
        params: [{ name: taskref, value: t }, { name: workspaces, value: w }, { name: target, value: r/x }]
      workspaces: [{ name: w }]
`;
    const pathInRepo = '{ resolver: git, params: [{ name: pathInRepo, value: ci/p.yaml }] }';
    for (const reference of ['{ name: p }', pathInRepo]) {
      const plain = runOf(`  pipelineRef: ${reference}`);
      const { code, out, err } = await run(plain, [late, TASK]);
      expect(code, err).to.equal(0);
      expect(out).to.contain('kind: Task').and.contain('name: cache-fetch').and.not.contain('kind: Pipeline');
      expect((await run(plain, [TASK])).err).to.match(/no reference with .*Pipeline .*p.* give its file with --with/);
    }
  });

  it('prints what each run of a file gets', async () => {
    const plain = runOf('  pipelineRef: { name: q }');
    const other = RUN.replace('value: w ', 'value: v ')
      .replace('value: p ', 'value: q ')
      .replace('name: w,', 'name: v,');
    const q = PIPELINE.replace('name: p', 'name: q').replaceAll('name: w ', 'name: v ');
    const { code, out, err } = await run([plain, RUN, other].join('---'), [PIPELINE, q]);
    expect(code, err).to.equal(0);
    const pipelines = parseAllDocuments(out).flatMap((document) =>
      /^kind: Pipeline$/m.test(String(document)) ? [document.getIn(['metadata', 'name'])] : [],
    );
    expect(pipelines).to.deep.equal(['p', 'q']);
  });

  it('says that nothing would change', async () => {
    const { code, err } = await run(RUN.replace('{ name: workspaces, value: w }', '{ name: workspaces, value: "" }'), [
      PIPELINE,
    ]);
    expect(code).to.equal(0);
    expect(err).to.contain('Nothing would change');
  });

  it('prints what changes', async () => {
    const { out } = await run(RUN, [PIPELINE, TASK], '--diff');
    expect(out)
      .to.match(/^# Pipeline p\n/)
      .and.contain('# Task t\n')
      .and.contain('+    - name: cache-fetch\n');
    expect(out).to.not.contain('-    - name: s');
  });

  it('reads documents as Kubernetes does', async () => {
    const { out } = await run(RUN, [PIPELINE.replace('spec:', 'spec:\n  params: [{ name: mode, default: 0400 }]')]);
    expect(out).to.contain('      default: 256\n');
  });

  it('says which document is missing', async () => {
    expect(await run(RUN, [TASK])).to.deep.include({
      code: 1,
      err: 'tekton-cache resolve: Pipeline `p` is not among the documents; give its file with --with.\n',
    });
  });

  it('says why it is refused', async () => {
    const { code, err } = await run(RUN.replace('value: w ', 'value: x '), [PIPELINE]);
    expect(code).to.equal(1);
    expect(err).to.contain('there is no workspace `x`');
  });

  it('needs a run with one of our references', async () => {
    expect((await run(PIPELINE, [])).err).to.contain('neither a PipelineRun nor a TaskRun');
    expect((await run(RUN.replace('resolver: cache', 'resolver: git'), [])).err).to.contain('no reference with');
    expect((await run('a: [', [])).err).to.contain('run.yaml');
  });
});
