import { expect } from 'chai';

import { workOf } from '../../../../../controller/cache-run/request/work.ts';
import { CacheError, ERROR_CODES } from '../../../../../shared/errors.ts';
import { config, customRun, FILES } from '../examples.ts';

const BY_WORKSPACE = { name: 'target', value: 'registry/{{workspace}}:{{hash}}' };
const on = (claimName: string) => (name: string, subPath?: string) => ({
  name,
  persistentVolumeClaim: { claimName },
  ...(subPath === undefined ? {} : { subPath }),
});
const one = on('one');

describe('workspaces of a run on one claim', () => {
  function refusal(workspaces: readonly ReturnType<typeof one>[], params: readonly object[] = []): string {
    const run = customRun({
      spec: { workspaces: [...workspaces], params: [BY_WORKSPACE, FILES, ...params] as never[] },
    });
    try {
      workOf(run, 'upload', config);
    } catch (error) {
      if (!(error instanceof CacheError)) throw error;
      expect(error.code).to.equal(ERROR_CODES.WorkspaceNotSupported);
      return error.message;
    }
    return '';
  }
  const source = on('code')('source');

  it('are refused where two caches are one place, or one within the other', () => {
    for (const places of [
      [undefined, undefined],
      ['a', 'a'],
      ['a/', '/a/b'],
      ['a/b', 'a'],
      ['./a', 'a'],
      ['a/./b', 'a/b'],
      ['x', undefined],
    ]) {
      const [first, second] = places;
      const message = refusal([source, one('modules', first), one('builds', second)]);
      expect(message, String(places)).to.match(/^Workspaces `\w+` and `\w+` are the same place of claim one,/);
    }
  });

  it('go together where each has a place of its own', () => {
    expect(refusal([source, one('modules', 'a'), one('builds', 'ab')])).to.equal('');
    expect(refusal([source, one('modules'), on('two')('builds')])).to.equal('');
    expect(refusal([one('source', 'repo'), one('modules', 'cache')])).to.equal('');
    expect(refusal([one('source'), one('modules', 'cache')])).to.equal('');
  });

  it('are refused where the sources are within a cache that is cached whole', () => {
    for (const place of [undefined, 'repo']) {
      expect(refusal([one('source', place), one('modules', './')])).to.contain('holds the workspace `source`');
      const message = refusal([one('source', place), one('modules')]);
      expect(message).to.contain('`modules` is bound to a place of claim one that holds the workspace `source`');
    }
    expect(refusal([one('source'), one('modules')], [{ name: 'paths', value: 'node_modules' }])).to.equal('');
    const preset = customRun({
      spec: {
        workspaces: [one('source'), one('modules')],
        params: [
          { name: 'target', value: 'r/x' },
          { name: 'preset', value: 'go' },
        ],
      },
    });
    expect(() => workOf(preset, 'fetch', config)).to.not.throw();
  });
});
