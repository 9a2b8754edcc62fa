import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments, parseDocument } from 'yaml';

import { main } from '../../../../shared/cli/main.ts';
import { detectPresets } from '../../../../shared/presets/detect.ts';
import { environmentOf } from '../../../../shared/presets/environment.ts';
import { findPreset } from '../../../../shared/presets/table.ts';
import { ECOSYSTEMS } from '../../../support/samples/ecosystem/table.ts';
import { readApp, SAMPLES, waysOf } from '../../../support/samples/ecosystem/sample-files.ts';

const SCREEN = 60;

const read = (...path: readonly string[]): string => readFileSync(join(SAMPLES, ...path), 'utf8');

const TASKS = ['golang/task-git-clone.yaml', 'golang/task-golang-build.yaml'];

/** What the resolver makes of the run with the definitions of its folder, as YAML. */
const resolved = async (
  sample: string,
  run = 'pipelinerun.yaml',
  definitions: readonly string[] = ['pipeline.yaml'],
): Promise<string> => {
  let out = '';
  let log = '';
  const terminal = {
    environment: {},
    print: (text: string) => void (out += text),
    log: (text: string) => void (log += text),
  };
  const file = (name: string): string => join(SAMPLES, sample, name);
  const others = [...definitions.map(file), ...TASKS.map((path) => join(SAMPLES, path))];
  const words = ['resolve', '-f', file(run), ...others.flatMap((path) => ['--with', path])];
  const code = await main(words, terminal);
  if (code !== 0) throw new Error(`resolve ended with ${code}: ${log}`);
  return out;
};

const folders = readdirSync(SAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Paths of the files of a sample; its project counts as one. */
const filesOf = (sample: string): readonly string[] =>
  readdirSync(join(SAMPLES, sample), { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name).slice(join(SAMPLES, sample).length + 1) }))
    .filter(({ entry, path }) => (entry.isFile() ? !path.startsWith('app/') : path === 'app'))
    .map(({ path }) => path);

/** What runs of a folder refer to in another one. */
const BORROWED: Readonly<Record<string, readonly string[]>> = { 'private-registry': ['../npm/pipeline.yaml'] };

/** Runs that name one of our resolvers, and the files of their folder with what they may refer to. */
const runsByResolver = folders.flatMap((sample) => {
  const files = filesOf(sample).filter((path) => path.endsWith('.yaml'));
  const isRun = (path: string): boolean => /^kind: PipelineRun$/m.test(read(sample, path));
  const definitions = [...files.filter((path) => !isRun(path)), ...(BORROWED[sample] ?? [])];
  return files
    .filter((path) => isRun(path) && /resolver: (?:cache|wrap)$/m.test(read(sample, path)))
    .map((run) => ({ sample, run, definitions }));
});

describe('every sample', () => {
  for (const { sample, run, definitions } of runsByResolver) {
    it(`${sample}/${run}: is taken by its resolver, and cached`, async () => {
      expect(await resolved(sample, run, definitions)).to.match(/cache-fetch|resolver: (?:cache|wrap)/);
    });
  }
  for (const sample of folders) {
    it(`${sample}: its README names each file, and is on one screen; its YAML is valid`, () => {
      const readme = read(sample, 'README.md');
      const files = filesOf(sample).filter((file) => file !== 'README.md');
      for (const file of files) expect(readme).to.match(linkTo(file));
      expect(readme.split('\n').length, 'lines of the README').to.be.at.most(SCREEN);
      for (const file of files.filter((path) => path.endsWith('.yaml'))) {
        const errors = parseAllDocuments(read(sample, file)).flatMap((document) => document.errors);
        expect(errors, file).to.deep.equal([]);
      }
    });

    it(`${sample}: is in the list of samples`, () => expect(read('README.md')).to.match(linkTo(`${sample}/`)));
  }
});

describe('samples of the runner', () => {
  for (const ecosystem of ECOSYSTEMS) {
    const { name, images, projectOf } = ecosystem;
    const ways = waysOf(ecosystem).map((way) => `${way.name}.yaml`);
    describe(name, () => {
      it('has the files that all have, and figures of the runner', () => {
        const files = ['README.md', 'pipeline.yaml', ...ways, ...(projectOf === undefined ? ['app'] : [])];
        expect(readdirSync(join(SAMPLES, name)).toSorted()).to.deep.equal(files.toSorted());
        expect(read(name, 'README.md')).to.match(/<!-- from the runner: figures -->\n\n[^|]+\n\n\| way \|/);
      });

      it('names the images that the runner replaces, and no other', () => {
        for (const file of ['pipeline.yaml', ...ways]) {
          const named = [...read(name, file).matchAll(/^\s*(?:- )?image: (\S+)$/gm)].map(([, image]) => image);
          expect(Object.keys(images)).to.include.members(named);
        }
      });

      it('has a Pipeline without a trace of caching, which both ways run unchanged but for the cache', () => {
        const plain = read(name, 'pipeline.yaml');
        // The tool of one sample has the word in its name.
        expect(plain).not.to.match(/(?<!\bc)cache/i);
        const script = /^( *)script: \|\n(?:\1 .*\n|\n)+/m.exec(plain)?.[0];
        expect(script).to.be.a('string');
        if (ways.includes('customruns.yaml')) expect(read(name, 'customruns.yaml')).to.include(script);
      });

      it('becomes a Pipeline with the steps of the cache and the variables of the preset', async () => {
        const [, word = ''] = /- name: preset\n\s+value: (\S+)/.exec(read(name, 'pipelinerun.yaml')) ?? [];
        const presets = word.split(',').filter(Boolean).map((one) => {
          const preset = findPreset(one);
          if (preset === undefined) throw new Error(`There is no preset "${one}".`);
          return preset;
        });
        const yaml = await resolved(name);
        expect(yaml).to.include('name: cache-fetch').and.to.include('name: cache-upload');
        const places = { root: '/caches', source: '/source' };
        for (const variable of environmentOf(presets, places)) {
          expect(yaml).to.include(`name: ${variable.name}\n`);
          if (!ways.includes('customruns.yaml')) continue;
          expect(read(name, 'customruns.yaml'), 'CustomRuns').to.include(`- name: ${variable.name}\n`);
        }
      });
    });
  }

  it('are all in the runner', () => {
    const marked = folders.filter((folder) => read(folder, 'README.md').includes('<!-- from the runner'));
    expect(marked.toSorted()).to.deep.equal(ECOSYSTEMS.map(({ name }) => name).toSorted());
  });
});

describe('what is written for users who keep `node_modules`', () => {
  for (const [where, text] of [
    ['the README', read('..', 'README.md')],
    ['the sample', read('nodejs', 'pipeline.yaml')],
  ] as const) {
    it(`skips \`npm ci\` on an exact hit only, with the version of Node and the architecture in the key: ${where}`, () => {
      const [, version = ''] = /docker\.io\/library\/node:(\d+)/.exec(text) ?? [];
      // Of a fetch and of an upload.
      expect(text.match(new RegExp(`:node${version}-{{arch}}-{{hash}}`, 'g'))).to.have.length(2);
      expect(text).to.match(/name: restored,?\s+value: \$\(tasks\.cache-fetch\.results\.hit\)/);
      expect(text).to.include('[ "$RESTORED" = true ] || npm ci');
    });
  }
});

describe('the sample of Go', () => {
  it('has a Task and a Pipeline without a trace of caching, which one word caches', async () => {
    expect(read('golang', 'plain.yaml')).not.to.match(/cache|gomod/i);
    expect(read('golang', 'auto.yaml').match(/- name: preset\n\s+value: auto\n/g)).to.have.length(1);
    const yaml = await resolved('golang', 'auto.yaml', ['plain.yaml']);
    expect(yaml).to.include('value: golang-build-plain').and.to.include('resolver: cache');
  });
});

describe('the sample of branches', () => {
  it('builds with caches of the branch that it is given', async () => {
    const yaml = await resolved('branches');
    expect(yaml.match(/- --branch\n\s+- feature\/x\n/g)).to.have.length(2);
  });
});

describe('the sample of several projects', () => {
  it('has what auto finds, and variables of each tool in each task', async () => {
    const found = detectPresets(Object.keys(await readApp('monorepo'))).map(
      ({ preset, why }) => `preset ${preset.name}, because of ${why}`,
    );
    expect(found).to.have.length(3);
    expect(read('monorepo', 'README.md')).to.include(`\n${found.join('\n')}\n`);
    const yaml = await resolved('monorepo');
    for (const text of ['name: npm_config_cache\n', 'name: GOCACHE\n', 'name: PIP_CACHE_DIR\n']) {
      // Three tasks: the one that brings the sources is left alone.
      expect(yaml.split(text).length - 1, text).to.equal(3);
    }
  });
});

describe('the sample of Pipelines-as-Code', () => {
  it('caches in the Task of the namespace; a pull request writes nothing', async () => {
    const push = await resolved('pipelines-as-code', '.tekton/push.yaml', ['task-golang-build.yaml']);
    expect(push).to.include('name: cache-fetch').and.to.include('name: cache-upload').and.to.include('GOCACHE');
    const pull = await resolved('pipelines-as-code', '.tekton/pull-request.yaml', ['task-golang-build.yaml']);
    expect(pull).to.match(/- --mode\n\s+- pull\n/);
  });

  it('has runs without a resolver, so that Tasks of annotations are written into them', () => {
    for (const file of ['pull-request', 'push']) {
      const { spec } = parseDocument(read('pipelines-as-code/.tekton', `${file}.yaml`)).toJS();
      expect(spec).not.to.have.property('pipelineRef');
    }
  });
});

describe('the sample with a matrix', () => {
  it('caches in each TaskRun of it', async () => {
    const yaml = await resolved('matrix');
    expect(yaml).to.match(/matrix:[^]+name: cache-fetch[^]+image: docker.io\/library\/node:\$\(params.node\)[^]+name: cache-upload/);
  });
});

describe('the sample that uploads in `finally`', () => {
  it('has the upload there, with the hash of the fetch, and nothing of it among the tasks', () => {
    const { spec } = parseDocument(read('finally', 'pipeline.yaml')).toJS();
    expect(JSON.stringify(spec.tasks)).not.to.include('CacheUpload');
    expect(JSON.stringify(spec.finally)).to.include('CacheUpload').and.to.include('$(tasks.cache-fetch.results.hash)');
  });
});

describe('the sample with a private registry', () => {
  it('runs by the service account that has the secret', async () => {
    const [secret, account] = parseAllDocuments(read('private-registry', 'secret.yaml')).map((one) => one.toJS());
    expect(account.secrets).to.deep.equal([{ name: secret.metadata.name }]);
    const run = parseDocument(read('private-registry', 'pipelinerun.yaml')).toJS();
    expect(run.spec.taskRunTemplate.serviceAccountName).to.equal(account.metadata.name);
    expect(await resolved('private-registry', 'pipelinerun.yaml', ['../npm/pipeline.yaml'])).to.include('npm_config_cache');
  });
});

describe('the sample that moves from a claim', () => {
  it('has both runs for one Pipeline, the later one without a claim', async () => {
    const before = parseAllDocuments(read('moving-from-a-pvc', 'before.yaml')).map((one) => one.toJS());
    const after = parseDocument(read('moving-from-a-pvc', 'pipelinerun.yaml')).toJS();
    expect(before.map(({ kind }) => kind)).to.deep.equal(['PersistentVolumeClaim', 'PipelineRun']);
    expect(after.spec.pipelineRef.params).to.deep.include({ name: 'pipelineref', value: before[1].spec.pipelineRef.name });
    expect(after.spec.workspaces).to.deep.equal([{ name: 'shared', emptyDir: {} }]);
    const yaml = await resolved('moving-from-a-pvc');
    expect(yaml.match(/name: cache-fetch\n/g)).to.have.length(3);
  });
});

describe('the sample whose sources arrive inside the Task', () => {
  it('fetches after the step that unpacks them, and before the one that builds', async () => {
    const steps = [...(await resolved('trusted-artifacts')).matchAll(/^ {4}- name: (\S+)$/gm)].map(([, name]) => name);
    expect(steps.join(' ')).to.include('use-trusted-artifact cache-fetch build cache-upload');
  });
});

describe('the sample of tekton-caches', () => {
  it('gives each step no param that it does not have', () => {
    const { spec } = parseDocument(read('tekton-caches', 'pipeline.yaml')).toJS();
    for (const name of ['cache-fetch', 'cache-upload']) {
      const [step] = spec.tasks[1].taskSpec.steps.filter((one: { name: string }) => one.name === name);
      expect(step.ref).to.deep.equal({ name });
      const action = parseDocument(read('../manifests/tekton-caches', `${name}.yaml`)).toJS();
      const declared = action.spec.params.map((param: { name: string }) => param.name);
      expect(declared).to.include.members(step.params.map((param: { name: string }) => param.name));
    }
  });
});

const linkTo = (file: string): RegExp => new RegExp(`\\]\\(${file.replaceAll('.', '\\.')}/?\\)`);
