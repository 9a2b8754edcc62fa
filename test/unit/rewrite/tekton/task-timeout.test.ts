import { expect } from 'chai';
import { isObject, objects, strings } from '../../../../shared/rewrite/json/json.ts';
import type { Json, JsonObject } from '../../../../shared/rewrite/json/json.ts';
import { resolve } from '../../../../shared/rewrite/resolve.ts';
import { runOf, SETTINGS } from '../../../rewrite/case.ts';

describe('the time of our steps in a Task with a timeout', () => {
  const TASK_SPEC = {
    workspaces: [{ name: 'src' }],
    steps: [{ name: 'build', image: 'golang', script: 'go build' }],
  };
  const REFERENCE = { pipelineref: 'p', target: 'r.example.com/c' };
  const PRESET = { ...REFERENCE, preset: 'go' };

  /** What the fetch and the upload have as `--max-time`. */
  function timesIn(spec: Json | undefined): (string | undefined)[] {
    const steps = objects(isObject(spec) ? spec['steps'] : []);
    const ours = steps.filter(({ name }) => typeof name === 'string' && name.startsWith('cache-'));
    return ours.map(({ args }) => {
      const words = [...strings(args)];
      return words.includes('--max-time') ? words[words.indexOf('--max-time') + 1] : undefined;
    });
  }

  function ofPipeline(task: JsonObject, run: JsonObject, params: Readonly<Record<string, string>> = PRESET) {
    const row = {
      about: '',
      resolver: 'cache',
      params,
      run: { workspaces: [{ name: 'src', persistentVolumeClaim: { claimName: 'c' } }], ...run },
    } as const;
    const document = {
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: { name: 'p' },
      spec: {
        workspaces: [{ name: 'src' }],
        tasks: [
          { name: 'clone', taskRef: { name: 'clone' }, workspaces: [{ name: 'src' }] },
          { name: 'build', runAfter: ['clone'], workspaces: [{ name: 'src' }], taskSpec: TASK_SPEC, ...task },
        ],
      },
    };
    const { spec } = resolve({ resolver: 'cache', params, run: runOf(row), document, settings: SETTINGS });
    return timesIn(objects(spec['tasks']).find(({ name }) => name === 'build')?.['taskSpec']);
  }

  const forTask = (timeout: string) => ({ taskRunSpecs: [{ pipelineTaskName: 'build', timeout }] });

  it('is a quarter of the timeout, and the default where that is shorter or there is none', () => {
    expect(ofPipeline({}, {})).to.deep.equal(['5m', '5m']);
    expect(ofPipeline({ timeout: '2m' }, {})).to.deep.equal(['30s', '30s']);
    expect(ofPipeline({ timeout: '1h' }, {})).to.deep.equal(['5m', '5m']);
    expect(ofPipeline({ timeout: '0' }, {})).to.deep.equal(['5m', '5m']);
    expect(ofPipeline({ timeout: '1h0m0s' }, { timeouts: { pipeline: '8m0s' } })).to.deep.equal(['2m', '2m']);
    expect(ofPipeline({}, { timeouts: { pipeline: '1h', tasks: '4m' } })).to.deep.equal(['1m', '1m']);
    expect(ofPipeline({}, { timeout: '4m' }), 'v1beta1').to.deep.equal(['1m', '1m']);
  });

  it('goes by what the run says of the task before what the Pipeline says', () => {
    expect(ofPipeline({}, forTask('2m'))).to.deep.equal(['30s', '30s']);
    expect(ofPipeline({ timeout: '2m' }, forTask('4m'))).to.deep.equal(['1m', '1m']);
    expect(ofPipeline({ timeout: '2m' }, forTask('0s'))).to.deep.equal(['5m', '5m']);
  });

  it('is the same with workspaces, and for a Task alone', () => {
    const workspaces = { ...REFERENCE, workspaces: 'src', target: 'r.example.com/c:x' };
    expect(ofPipeline({ timeout: '2m' }, {}, workspaces)).to.deep.equal(['30s']);
    const claim = { name: 'src', persistentVolumeClaim: { claimName: 'c' } };
    const run = { kind: 'TaskRun', spec: { timeout: '2m0s', workspaces: [claim] } };
    const document = { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: { name: 't' }, spec: TASK_SPEC };
    for (const { pipelineref: _, ...others } of [PRESET, workspaces]) {
      const params = { ...others, taskref: 't' };
      const asked = runOf({ about: '', resolver: 'cache', params, run });
      const { spec } = resolve({ resolver: 'cache', params, run: asked, document, settings: SETTINGS });
      expect(timesIn(spec)).to.deep.equal(['30s', '30s']);
    }
  });

  it('is what the user says, and is not shortened where a step may fail the run', () => {
    expect(ofPipeline({ timeout: '2m' }, {}, { ...PRESET, 'max-time': '3m' })).to.deep.equal(['3m', '3m']);
    expect(ofPipeline({ timeout: '2m' }, {}, { ...PRESET, 'on-miss': 'fail' })).to.deep.equal(['5m', '5m']);
    expect(ofPipeline({ timeout: '2m' }, {}, { ...PRESET, 'on-error': 'fail' })).to.deep.equal(['5m', undefined]);
  });
});
