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

  it('knows that the tasks have what those of `finally` leave', () => {
    expect(ofPipeline({}, { timeouts: { pipeline: '10m', finally: '8m' } })).to.deep.equal(['30s', '30s']);
    expect(ofPipeline({}, { timeouts: { pipeline: '10m', tasks: '4m', finally: '8m' } })).to.deep.equal(['1m', '1m']);
    expect(ofPipeline({}, { timeouts: { pipeline: '0', finally: '8m' } })).to.deep.equal(['5m', '5m']);
  });

  describe('in `finally`', () => {
    const CLAIM = { name: 'src', persistentVolumeClaim: { claimName: 'c' } };

    function finallyOf(spec: JsonObject, timeouts: JsonObject, params: Readonly<Record<string, string>>): JsonObject[] {
      const run = runOf({ about: '', resolver: 'cache', params, run: { workspaces: [CLAIM], timeouts } });
      const document = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata: { name: 'p' }, spec };
      return objects(resolve({ resolver: 'cache', params, run, document, settings: SETTINGS }).spec['finally']);
    }

    it('a task is not held to the time of the others, and has what they leave', () => {
      const spec = {
        workspaces: [{ name: 'src' }],
        tasks: [{ name: 'clone', taskRef: { name: 'clone' }, workspaces: [{ name: 'src' }] }],
        finally: [{ name: 'build', workspaces: [{ name: 'src' }], taskSpec: TASK_SPEC }],
      };
      const named = { ...PRESET, preset: 'build=go', source: 'src' };
      const ofBuild = (timeouts: JsonObject) => timesIn(finallyOf(spec, timeouts, named)[0]?.['taskSpec']);
      expect(ofBuild({ pipeline: '1h', tasks: '4m' })).to.deep.equal(['5m', '5m']);
      expect(ofBuild({ pipeline: '1h', tasks: '58m' })).to.deep.equal(['30s', '30s']);
      expect(ofBuild({ pipeline: '1h', tasks: '58m', finally: '4m' })).to.deep.equal(['1m', '1m']);
    });

    it('a task of ours has a part of it', () => {
      const user = (name: string, more: JsonObject = {}) => ({
        name,
        taskRef: { name },
        workspaces: [{ name: 'src' }],
        ...more,
      });
      const of = (tasks: JsonObject[], params: Readonly<Record<string, string>>, timeouts: JsonObject) => {
        const asked = { ...REFERENCE, workspaces: 'src', target: 'r.example.com/c:x', ...params };
        const [task] = finallyOf({ workspaces: [{ name: 'src' }], tasks }, timeouts, asked);
        return JSON.stringify(task);
      };
      const short = { pipeline: '1h', tasks: '58m' };
      const ends = [user('a'), user('b')];
      expect(of(ends, {}, short)).to.match(/max-time\W+30s/);
      const failing = [user('a', { onError: 'continue' })];
      const byCustomRun = { via: 'customrun' };
      const named = (value: string) => `{"name":"max-time","value":"${value}"}`;
      expect(of(failing, byCustomRun, short)).to.include(named('1m'));
      expect(of(failing, { ...byCustomRun, 'max-time': '3m' }, short)).to.include(named('3m'));
      expect(of(failing, { ...byCustomRun, 'on-error': 'fail' }, short)).not.to.include('max-time');
      expect(of(failing, byCustomRun, { pipeline: '1h' })).not.to.include('max-time');
    });
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
    expect(ofPipeline({ timeout: '2m' }, {}, { ...PRESET, 'on-miss': 'fail' })).to.deep.equal(['5m', '30s']);
    expect(ofPipeline({ timeout: '2m' }, {}, { ...PRESET, 'on-error': 'fail' })).to.deep.equal(['5m', undefined]);
  });
});
