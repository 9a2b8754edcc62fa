import { expect } from 'chai';

import { cacheNames, mountWorkspaces } from '../../../../../controller/cache-run/request/workspaces.ts';
import type { WorkspaceBinding } from '../../../../../controller/tekton/workspace-binding.ts';
import { CacheError, ERROR_CODES } from '../../../../../shared/errors.ts';
import { CACHE, SOURCE } from '../examples.ts';

describe('workspaces of a run', () => {
  it('are directories where Tekton has them: source to read, caches to write', () => {
    expect(mountWorkspaces([SOURCE, CACHE])).to.deep.equal({
      source: '/workspace/source',
      caches: [{ name: 'modules', dir: '/workspace/modules' }],
      volumes: [
        { name: 'claim-0', persistentVolumeClaim: { claimName: 'code' } },
        { name: 'claim-1', persistentVolumeClaim: { claimName: 'cache' } },
      ],
      mounts: [
        { name: 'claim-0', mountPath: '/workspace/source', readOnly: true },
        { name: 'claim-1', mountPath: '/workspace/modules' },
      ],
    });
  });

  it('share one volume a claim, each with its own subPath', () => {
    const claim = { persistentVolumeClaim: { claimName: 'one' } };
    const { volumes, mounts } = mountWorkspaces([
      { name: 'source', ...claim, subPath: 'repo' },
      { name: 'modules', ...claim, subPath: 'a/b' },
      { name: 'builds', ...claim },
    ]);
    expect(volumes).to.have.length(1);
    expect(mounts.map(({ name, subPath }) => `${name} ${subPath ?? ''}`)).to.deep.equal([
      'claim-0 repo',
      'claim-0 a/b',
      'claim-0 ',
    ]);
  });

  it('are read-only where the binding says so, the volume only when all bindings of it do', () => {
    const binding = (name: string, readOnly: boolean) => ({
      name,
      persistentVolumeClaim: { claimName: 'one', readOnly },
    });
    const both = mountWorkspaces([binding('a', true), binding('b', false)]);
    expect(both.volumes[0]?.persistentVolumeClaim).to.deep.equal({ claimName: 'one' });
    expect(both.mounts.map(({ readOnly }) => readOnly ?? false)).to.deep.equal([true, false]);
    expect(both.caches.map(({ readOnly }) => readOnly ?? false)).to.deep.equal([true, false]);
    expect(mountWorkspaces([binding('a', true)]).volumes[0]?.persistentVolumeClaim?.readOnly).to.equal(true);
  });

  for (const files of [
    { configMap: { name: 'lock' } },
    { secret: { secretName: 'lock' } },
    { projected: { sources: [] } },
  ]) {
    const [kind] = Object.keys(files);
    it(`take the files to hash from a ${kind}`, () => {
      const { volumes, mounts } = mountWorkspaces([{ name: 'source', ...files }, CACHE]);
      expect(volumes[1]).to.deep.equal({ name: 'source', ...files });
      expect(mounts[0]).to.deep.equal({ name: 'source', mountPath: '/workspace/source', readOnly: true });
    });
  }

  it('are a writable source when source alone is bound: then paths in it are the cache', () => {
    const { source, caches, mounts } = mountWorkspaces([SOURCE]);
    expect({ source, caches }).to.deep.equal({ source: '/workspace/source', caches: [] });
    expect(mounts[0]).to.not.have.property('readOnly');
    expect(cacheNames([SOURCE])).to.deep.equal(['source']);
    expect(cacheNames([SOURCE, CACHE])).to.deep.equal(['modules']);
  });

  const refusals: readonly (readonly [WorkspaceBinding, string])[] = [
    [{ name: 'modules', emptyDir: {} }, 'every pod has an emptyDir of its own'],
    [{ name: 'modules', configMap: { name: 'x' } }, 'a configMap cannot be written'],
    [{ name: 'modules', secret: { secretName: 'x' } }, 'a secret cannot be written'],
    [{ name: 'modules', projected: {} }, 'a projected volume cannot be written'],
    [{ name: 'modules', csi: {} }, 'inline csi volume of its own'],
    [{ name: 'modules', volumeClaimTemplate: {} }, 'create a PersistentVolumeClaim'],
    [{ name: 'modules' }, 'bound to no volume'],
    [{ name: 'source', emptyDir: {} }, 'with the files to hash is bound to emptyDir'],
    [{ name: 'source', csi: {} }, 'configMap, secret or projected volume'],
  ];
  for (const [workspace, said] of refusals) {
    const kind = Object.keys(workspace)[1] ?? 'nothing';
    it(`refuse ${kind} as ${workspace.name}, with the alternative`, () => {
      const mount = () => mountWorkspaces([workspace, { ...CACHE, name: 'other' }]);
      expect(mount).to.throw(CacheError, said).with.property('code', ERROR_CODES.WorkspaceNotSupported);
    });
  }

  for (const binding of [SOURCE, CACHE]) {
    it(`refuse a variable in the subPath of ${binding.name}: the tasks would have another directory`, () => {
      const mount = () => mountWorkspaces([{ ...binding, subPath: 'a/$(context.taskRun.name)' }]);
      const said = '`subPath: a/$(context.taskRun.name)` holds a variable';
      expect(mount).to.throw(CacheError, said).with.property('code', ERROR_CODES.WorkspaceNotSupported);
    });
  }

  it('refuse a source alone that cannot be written', () => {
    expect(() => mountWorkspaces([{ name: 'source', configMap: { name: 'x' } }])).to.throw(
      'a configMap cannot be written',
    );
  });
});
