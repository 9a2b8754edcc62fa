import { expect } from 'chai';

import { readRunParams } from '../../../../../controller/cache-run/request/run-params.ts';
import { reportedOf, workOf } from '../../../../../controller/cache-run/request/work.ts';
import { config, customRun, FETCH, FILES, TARGET } from '../examples.ts';

const PRESET_TARGET = { name: 'target', value: 'registry/app' };

describe('what a run asks of its helper', () => {
  it('is its params', () => {
    const params = [TARGET, FILES, { name: 'run-as', value: '1001:0' }, { name: 'clean', value: 'true' }];
    const { request, runAs } = workOf(customRun({ spec: { params } }), 'fetch', config);
    expect(runAs).to.deep.equal({ uid: 1001, gid: 0 });
    expect(request).to.deep.include({
      files: ['**/go.sum'],
      clean: true,
      source: '/workspace/source',
      dockerConfigs: [],
    });
  });

  it('is its inline spec, over which a param wins', () => {
    const spec = { target: 'registry/inline:{{hash}}', files: ['a', 'b'], clean: true };
    const run = customRun({
      spec: { customSpec: { ...FETCH, spec }, params: [TARGET] },
    });
    const { request } = workOf(run, 'fetch', config);
    expect(request).to.deep.include({ target: TARGET.value, files: ['a', 'b'], clean: true });
  });

  it('has the preset that the taskRef names, unless a param names another', () => {
    const named = customRun({ spec: { customRef: { ...FETCH, name: 'go' }, params: [PRESET_TARGET] } });
    expect(workOf(named, 'fetch', config).request.caches.map(({ dir }) => dir)).to.deep.equal([
      '/workspace/modules/go-downloads',
      '/workspace/modules/go-build',
    ]);
    const params = [PRESET_TARGET, { name: 'preset', value: 'npm' }];
    const other = customRun({ spec: { customRef: { ...FETCH, name: 'go' }, params } });
    expect(reportedOf(other, readRunParams(other, 'fetch')).caches).to.deep.equal(['npm-downloads']);
  });

  it('has the files, the workspace and the paths of the run, over those of the preset that the taskRef names', () => {
    const own = [
      { name: 'files', value: 'ui/go.sum' },
      { name: 'paths', value: 'vendor' },
    ];
    const params = [PRESET_TARGET, ...own];
    const { request } = workOf(customRun({ spec: { customRef: { ...FETCH, name: 'go' }, params } }), 'fetch', config);
    expect(request.paths).to.deep.equal(['vendor']);
    expect(request.caches).to.have.length(1);
    expect(request.caches[0]).to.deep.include({
      name: 'modules',
      dir: '/workspace/modules',
      files: ['ui/go.sum'],
      target: 'registry/app:go-{{workspace}}-{{os}}-{{arch}}-{{hash}}',
    });
  });

  it('has results for the caches of its preset, of its workspaces without one, and plain ones alone for auto', () => {
    const names = (...params: { name: string; value: string }[]) => {
      const run = customRun({ spec: { params: [PRESET_TARGET, ...params] } });
      return reportedOf(run, readRunParams(run, 'fetch')).caches;
    };
    expect(names({ name: 'preset', value: 'go' })).to.deep.equal(['go-downloads', 'go-build']);
    expect(names({ name: 'preset', value: 'auto' })).to.deep.equal([]);
    expect(names({ name: 'preset', value: 'go' }, { name: 'paths', value: 'x' })).to.deep.equal(['modules']);
    expect(names({ name: 'preset', value: 'nonsense' })).to.deep.equal(['modules']);
    expect(names()).to.deep.equal(['modules']);
  });

  it('gives the helper as long as the run has', () => {
    expect(workOf(customRun({ spec: { timeout: '2m0s' } }), 'fetch', config).request.maxTimeMs).to.equal(120_000);
    const params = [TARGET, FILES, { name: 'max-time', value: '5s' }];
    expect(workOf(customRun({ spec: { params } }), 'fetch', config).request.maxTimeMs).to.equal(5000);
  });

  it('has the configured target and limits where the run says nothing', () => {
    const configured = {
      ...config,
      defaultTarget: 'registry/{{namespace}}:{{hash}}',
      maxFiles: 7,
      compression: 'gzip' as const,
    };
    const { request } = workOf(customRun({ spec: { params: [FILES] } }), 'fetch', configured);
    expect(request).to.deep.include({ target: 'registry/{{namespace}}:{{hash}}', compression: 'gzip' });
    expect(request.limits).to.include({ maxFiles: 7 });
    expect(() => workOf(customRun({ spec: { params: [FILES] } }), 'fetch', config)).to.throw('`target` is required');
  });

  it('knows the name of the Pipeline only where the Pipeline has one', () => {
    const labelled = (pipeline: string) =>
      customRun({
        metadata: { labels: { 'tekton.dev/pipelineRun': 'run-1', 'tekton.dev/pipeline': pipeline } },
        spec: { params: [{ name: 'target', value: 'registry/{{pipeline}}:{{hash}}' }, FILES] },
      });
    expect(workOf(labelled('build'), 'fetch', config).request.variables).to.deep.equal({
      namespace: 'ns',
      pipeline: 'build',
    });
    expect(() => workOf(labelled('run-1'), 'fetch', config)).to.throw('{{pipeline}}');
  });

  it('allows insecure only for configured registries', () => {
    const target = { name: 'target', value: 'oci://registry.test/cache:{{hash}}' };
    const run = customRun({ spec: { params: [target, FILES, { name: 'insecure', value: 'true' }] } });
    expect(() => workOf(run, 'fetch', config)).to.throw('not allowed');
    expect(workOf(run, 'fetch', { ...config, insecureRegistries: ['registry.test'] }).request.insecure).to.equal(true);
  });
});
