import { expect } from 'chai';
import type { Json, JsonObject } from '../../../../shared/rewrite/json/json.ts';
import { whatToRead } from '../../../../shared/rewrite/resolve.ts';
import type { Run } from '../../../../shared/rewrite/tekton/tekton.ts';
import { writtenReference } from '../../../../shared/rewrite/ask/written-reference.ts';
import { runOf } from '../../../rewrite/case.ts';

const GIT =
  '{resolver: git, params: [{name: url, value: "https://good/repo"}, {name: revision, value: $(params.revision)}]}';
const OTHERS = { workspaces: 'w', target: 'r/x' };

/** A run with this reference, and these params. */
function runWith(reference: JsonObject, params: JsonObject, kind = 'PipelineRun'): Run {
  const listed = Object.entries({ ...OTHERS, ...reference }).map(([name, value]) => ({ name, value: value ?? '' }));
  const named = Object.entries(params).map(([name, value]) => ({ name, value: value ?? '' }));
  const ref = { resolver: 'cache', params: listed };
  const spec = { params: named, ...(kind === 'TaskRun' ? { taskRef: ref } : { pipelineRef: ref }) };
  return runOf({ about: '', resolver: 'cache', params: {}, run: { kind, spec } });
}

function referenceOf(asked: Readonly<Record<string, Json>>, run: Run): unknown {
  const question = { resolver: 'cache' as const, params: { ...OTHERS, ...asked } };
  const reference = whatToRead(question);
  return reference?.by === 'text' ? writtenReference(reference, question, run) : reference;
}

/** As Tekton asks: the variable is replaced in the text. */
function replaced(text: string, value: string): string {
  return text.replaceAll('$(params.revision)', value);
}

function git(revision: string): object {
  const params = [
    { name: 'url', value: 'https://good/repo' },
    { name: 'revision', value: revision },
  ];
  return { by: 'resolver', kind: 'Pipeline', resolver: 'git', params };
}

describe('a whole reference in a param', () => {
  const VALUES = [
    'main',
    'main}, {name: url, value: "https://evil/repo"',
    'main}], resolver: hub, params: [{name: name, value: evil',
    'main}, {name: pathInRepo, value: evil}]} #',
    `it's "quoted"`,
    '0755',
  ];
  for (const value of VALUES) {
    it(`takes no YAML from the value of a param: ${value}`, () => {
      const run = runWith({ pipelineref: GIT }, { revision: value });
      expect(referenceOf({ pipelineref: replaced(GIT, value) }, run)).to.deep.equal(git(value));
    });
  }

  it('takes none from a value with lines of its own', () => {
    const text =
      'resolver: git\nparams:\n- {name: url, value: "https://good/repo"}\n- name: revision\n  value: $(params.revision)\n';
    const value = 'main\n- {name: url, value: "https://evil/repo"}';
    const run = runWith({ pipelineref: text }, { revision: value });
    expect(referenceOf({ pipelineref: replaced(text, value) }, run)).to.deep.equal(git(value));
  });

  it('takes none from a param of a TaskRun', () => {
    const value = 'main}, {name: url, value: "https://evil/repo"';
    const run = runWith({ taskref: GIT }, { revision: value }, 'TaskRun');
    expect(referenceOf({ taskref: replaced(GIT, value) }, run)).to.deep.equal({ ...git(value), kind: 'Task' });
  });

  it('has the elements of lists, and what Tekton knows of the run', () => {
    const text =
      '{resolver: git, params: [{name: url, value: $(params.urls[0])}, {name: revision, value: "$(context.pipelineRun.name)"}]}';
    const asked = '{resolver: git, params: [{name: url, value: https://good/repo}, {name: revision, value: "run"}]}';
    const run = runWith({ pipelineref: text }, { urls: ['https://good/repo'] });
    expect(referenceOf({ pipelineref: asked }, run)).to.deep.equal(git('run'));
  });

  it('is the value where all of it is a variable', () => {
    const run = runWith({ pipelineref: '$(params.pipeline)' }, { pipeline: replaced(GIT, 'main') });
    expect(referenceOf({ pipelineref: replaced(GIT, 'main') }, run)).to.deep.equal(git('main'));
  });

  it('is the value where a Task or Pipeline within the Pipeline is asked for', () => {
    const run = runWith(
      { pipelineref: '{resolver: hub, params: [{name: name, value: $(params.name)}]}' },
      { name: 'x' },
    );
    expect(referenceOf({ pipelineref: replaced(GIT, 'v2'), target: 'r/y' }, run)).to.deep.equal(git('v2'));
    expect(referenceOf({ taskref: replaced(GIT, 'v2') }, run)).to.deep.equal({ ...git('v2'), kind: 'Task' });
  });

  it('is refused where a value makes a variable with the text around it, which Tekton may replace in its turn', () => {
    const text = '{resolver: git, params: [{name: revision, value: "($(params.revision))"}]}';
    const run = runWith({ pipelineref: text }, { revision: '$(context.pipelineRun.name' });
    const pipelineref = '{resolver: git, params: [{name: revision, value: "(run"}]}';
    expect(() => referenceOf({ pipelineref }, run)).to.throw('`pipelineref` is not the text in the run');
  });

  it('may be a name after all', () => {
    const run = runWith({ pipelineref: '{name: build-$(params.kind)}' }, { kind: 'go' });
    expect(referenceOf({ pipelineref: '{name: build-go}' }, run)).to.deep.equal({
      by: 'name',
      kind: 'Pipeline',
      name: 'build-go',
    });
    expect(referenceOf({ pipelineref: 'build-go' }, run)).to.deep.equal({
      by: 'name',
      kind: 'Pipeline',
      name: 'build-go',
    });
  });
});
