import { expect } from 'chai';
import { CA_BUNDLE, CREDENTIALS_DIRECTORY } from '../../../../../shared/request/protocol.ts';
import { PROJECTED_TOKEN } from '../../../../../shared/interface/places/registry-token.ts';
import { mountWorkspace } from '../../../../../shared/rewrite/write/parts/mount.ts';
import { mergeWorkspaces } from '../../../../../shared/rewrite/write/parts/renamed-workspace.ts';

describe('how a step of ours gets at a workspace', () => {
  it('is never by the place of something else that it mounts, whatever the workspace is called', () => {
    const places = [CREDENTIALS_DIRECTORY, CA_BUNDLE.directory, PROJECTED_TOKEN.directory];
    for (const place of places) {
      const workspace = place.slice(place.lastIndexOf('/') + 1);
      const spec = { workspaces: [{ name: workspace, readOnly: true }], steps: [] };
      const { dir, volumeMount } = mountWorkspace({ spec, workspace, writable: true });
      expect(volumeMount?.['mountPath']).to.equal(dir);
      expect(places).not.to.include(dir);
    }
  });
});

describe('one volume for two names of a workspace', () => {
  it('is mounted where the workspace would be, also for a step that says no other place: the API server stores that as an empty path', () => {
    const steps = [{ name: 's', image: 'i', workspaces: [{ name: 'out', mountPath: '' }] }];
    for (const mountPath of [undefined, '']) {
      const declared = mountPath === undefined ? { name: 'out' } : { name: 'out', mountPath };
      const spec = mergeWorkspaces(
        { workspaces: [{ name: 'in' }, declared], steps },
        { out: { workspace: 'in', subPath: '' } },
      );
      expect(spec.steps?.[0]?.['volumeMounts']).to.deep.equal([
        { name: '$(workspaces.in.volume)', mountPath: '/workspace/out' },
      ]);
    }
  });
});
