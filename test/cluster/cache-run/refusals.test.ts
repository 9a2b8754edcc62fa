import { expect } from 'chai';

import { conditionOf, resultsOf, verdictOf } from '../../support/product/runs.ts';
import type { CustomRunOptions, Params } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import { useProduct } from './ground.ts';

const CLAIM = { persistentVolumeClaim: { claimName: 'none' } };
const CACHE = { name: 'modules', ...CLAIM };
const TARGET = { target: 'registry.example.com/cache:fixed' };

describe('a run that cannot be, says why at once and makes no pod', () => {
  const ground = useProduct();
  const refused = async (name: string, spec: CustomRunOptions, kind = 'CacheFetch') => {
    await ground.runs.createCustomRun(name, kind, spec);
    const run = await ground.runs.customRun(name);
    expect(await ground.runs.pods(name)).to.deep.equal([]);
    return run;
  };

  const params: readonly (readonly [string, Params, string])[] = [
    ['an unknown param, with the nearest known one', { ...TARGET, tagret: 'x' }, '`target`'],
    ['no target', {}, '`target` is required'],
    ['a template with a hash but neither files nor hash', { target: 'registry.example.com/cache:{{hash}}' }, '`files`'],
    ['an unknown template variable', { target: 'registry.example.com/cache:{{release}}' }, '{{release}} is unknown'],
    ['a variable that only resolvers know', { target: 'registry.example.com/{{task}}:x' }, 'task'],
    [
      'a reference that Tekton did not replace',
      { target: 'registry.example.com/$(tasks.x.results.y):z' },
      'did not replace',
    ],
    ['a path that leads out of the workspace', { ...TARGET, paths: ['../other'] }, '..'],
    ['a word for a boolean', { ...TARGET, clean: 'perhaps' }, '`true` or `false`'],
    ['no duration', { ...TARGET, 'max-time': 'soon' }, 'a duration'],
    ['no user', { ...TARGET, 'run-as': 'nobody' }, 'uid[:gid[:fsGroup]]'],
    ['insecure for a registry that is not allowed', { ...TARGET, insecure: 'true' }, 'not allowed'],
    ['a param of uploads', { ...TARGET, aliases: ['a'] }, 'upload'],
  ];
  const workspaces: readonly (readonly [string, object, string])[] = [
    ['emptyDir', { emptyDir: {} }, 'every pod has an emptyDir of its own'],
    ['configMap', { configMap: { name: 'x' } }, 'cannot be written'],
    ['secret', { secret: { secretName: 'x' } }, 'cannot be written'],
    ['projected volume', { projected: { sources: [{ configMap: { name: 'x' } }] } }, 'cannot be written'],
    ['csi volume', { csi: { driver: 'x.example.com' } }, 'inline csi volume'],
    [
      'volumeClaimTemplate',
      {
        volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
      },
      'create a PersistentVolumeClaim',
    ],
  ];
  together({
    ...Object.fromEntries(
      params.map(([what, given, sentence], at) => [
        what,
        async () => {
          const run = await refused(`params-${at}`, { params: given, workspaces: [CACHE] });
          expect(verdictOf(run)).to.equal('False InvalidParams');
          expect(conditionOf(run).message).to.contain(sentence);
          expect(resultsOf(run)).to.include({
            hit: 'false',
            reason: 'invalid-params',
            'modules-reason': 'invalid-params',
          });
          expect(run.status).to.include.keys('startTime', 'completionTime');
        },
      ]),
    ),
    ...Object.fromEntries(
      workspaces.flatMap(([what, source, sentence], at) =>
        ['CacheFetch', 'CacheUpload'].map((kind) => [
          `${what} as a cache, ${kind}`,
          async () => {
            const spec = { params: TARGET, workspaces: [{ name: 'modules', ...source }] };
            const run = await refused(`workspace-${at}-${kind.toLowerCase()}`, spec, kind);
            expect(verdictOf(run)).to.equal('False CustomRunWorkspaceNotSupported');
            expect(conditionOf(run).message).to.contain(sentence);
          },
        ]),
      ),
    ),
    'a kind that does not exist': async () => {
      const run = await refused('kind', { params: TARGET, workspaces: [CACHE] }, 'CacheFlush');
      expect(verdictOf(run)).to.equal('False InvalidParams');
      expect(conditionOf(run).message).to.contain('has CacheFetch and CacheUpload');
    },
  });
});
