import { expect } from 'chai';
import { environmentOf } from '../../../../../shared/presets/environment.ts';
import { findPreset } from '../../../../../shared/presets/table.ts';
import { withVariables } from '../../../../../shared/rewrite/write/presets/environment.ts';
import { ownVolumes } from '../../../../../shared/rewrite/write/presets/own-volume.ts';
import { REPOSITORY, ROOT, write } from './written.ts';

describe('the variables of a preset in a Task', () => {
  describe('that is a list of options', () => {
    it('come behind those of a step', () => {
      const { step, notes } = write('maven', { env: [{ name: 'MAVEN_OPTS', value: '-Xmx2g' }] });
      expect(step).to.deep.equal({ MAVEN_OPTS: `-Xmx2g ${REPOSITORY}` });
      expect(notes).to.equal('');
    });

    it('leave out what the step or the stepTemplate has an option for, as of two the last one would be in force', () => {
      const value = '-Xmx2g -Dmaven.repo.local=/workspace/source/.m2';
      const env = [{ name: 'MAVEN_OPTS', value }];
      const inStep = write('maven', { env });
      expect(inStep.step['MAVEN_OPTS']?.trim()).to.equal(value);
      expect(inStep.notes).to.contain('Step `build` says `-Dmaven.repo.local=`, which beats MAVEN_OPTS');
      const inTemplate = write('maven', {}, { stepTemplate: { env } });
      expect(inTemplate.template['MAVEN_OPTS']?.trim()).to.equal(value);
      const daemon = write('gradle', { env: [{ name: 'GRADLE_OPTS', value: '-Dorg.gradle.daemon=true' }] });
      expect(daemon.step['GRADLE_OPTS']?.trim()).to.equal('-Dorg.gradle.daemon=true');
    });

    it('stay away from a step whose variables come from a ConfigMap, which they would hide', () => {
      const from = { envFrom: [{ configMapRef: { name: 'options' } }] };
      const steps = [
        { name: 'settings', image: 'i', ...from },
        { name: 'build', image: 'i', script: 'mvn package' },
      ];
      const { template, notes } = write('maven', {}, { steps });
      expect(template).to.deep.equal({});
      expect(notes).to.contain('Step `settings` may have MAVEN_OPTS from elsewhere');
      expect(notes).not.to.contain('Step `build`');
      const variables = environmentOf([findPreset('maven') ?? expect.fail()], { root: ROOT, source: '' });
      const { spec } = withVariables({ steps }, variables, { kept: [], byPod: [], guessed: false, named: false });
      expect(spec.steps?.map((step) => step['env'])).to.deep.equal([
        undefined,
        [{ name: 'MAVEN_OPTS', value: REPOSITORY }],
      ]);
    });

    it('stay away from all steps where the stepTemplate has such', () => {
      const stepTemplate = { envFrom: [{ secretRef: { name: 'options' } }] };
      const { template, step, notes } = write('maven', {}, { stepTemplate });
      expect([template, step]).to.deep.equal([{}, {}]);
      expect(notes).to.contain('may have MAVEN_OPTS from elsewhere');
      expect(write('go', {}, { stepTemplate }).template).to.contain.keys('GOCACHE', 'GOMODCACHE');
    });
  });

  it('are those of the step in whatever case the tool reads them', () => {
    const { step, notes } = write('npm', { env: [{ name: 'NPM_CONFIG_CACHE', value: '/x' }] });
    expect(step).to.deep.equal({ NPM_CONFIG_CACHE: '/x', npm_config_cache: '/x' });
    expect(notes).to.contain('sets NPM_CONFIG_CACHE itself');
    const template = write('npm', {}, { stepTemplate: { env: [{ name: 'NPM_CONFIG_CACHE', value: '/x' }] } }).template;
    expect(template).not.to.contain.keys('npm_config_cache');
    expect(write('go', { env: [{ name: 'gocache', value: '/x' }] }).step).to.deep.equal({ gocache: '/x' });
  });

  it('are set by a script that gives them a value, and not by one that prints them or exports what they are', () => {
    const notes = (script: string): string => write('go', { script }).notes;
    for (const script of ['export GOCACHE=/x', 'GOCACHE=$HOME/go go build', 'GOCACHE=$GOCACHE/x go build'])
      expect(notes(script), script).to.contain('sets GOCACHE itself');
    for (const script of ['echo "GOCACHE=$GOCACHE"', 'export GOCACHE=${GOCACHE}'])
      expect(notes(script), script).to.equal('');
  });

  it('are the default of an empty param that a step has for one, in whatever case the tool reads it', () => {
    for (const [preset, name, value] of [
      ['npm', 'NPM_CONFIG_CACHE', '/caches/npm-downloads/npm'],
      ['pip', 'PIP_CACHE_DIR', '/caches/pip-downloads/pip'],
    ] as const) {
      const step = { env: [{ name, value: '$(params.CACHE)' }], script: 'make' };
      const found = findPreset(preset) ?? expect.fail();
      const { spec, notes } = withVariables(
        { params: [{ name: 'CACHE', default: '' }], steps: [step] },
        environmentOf([found], { root: ROOT, source: '' }),
        { kept: [], byPod: [], guessed: false, named: false },
      );
      expect(spec['params'], name).to.deep.equal([{ name: 'CACHE', default: value }]);
      expect(notes, name).to.deep.equal([]);
    }
    const env = [{ name: 'pip_cache_dir', value: '$(params.CACHE)' }];
    const { notes, template } = write('pip', { env }, { params: [{ name: 'CACHE', default: '' }] });
    expect([notes, Object.keys(template)]).to.deep.equal(['', ['PIP_CACHE_DIR']]);
  });

  it('are those of an emptyDir that a Task leads its tool to, in whatever case the tool reads them', () => {
    const env = [{ name: 'NPM_CONFIG_CACHE', value: '/npm' }];
    const volumeMounts = [{ name: 'home', mountPath: '/npm' }];
    const spec = { volumes: [{ name: 'home', emptyDir: {} }], steps: [{ env, volumeMounts }] };
    const found = findPreset('npm') ?? expect.fail();
    const kept = ownVolumes(spec, [found], ROOT);
    expect(kept).to.deep.equal([
      { volume: 'home', variable: 'npm_config_cache', place: '/npm', dir: '/caches/npm-downloads', part: 'npm' },
    ]);
    const variables = environmentOf([found], { root: ROOT, source: '' });
    const written = withVariables(spec, variables, { kept, byPod: [], guessed: false, named: false });
    expect(written.notes).to.deep.equal([]);
  });

  it('are told to be without effect where the podTemplate sets them', () => {
    expect(write('go', {}, {}, { byPod: ['GOCACHE'] }).notes).to.contain('The podTemplate sets GOCACHE');
  });
});
