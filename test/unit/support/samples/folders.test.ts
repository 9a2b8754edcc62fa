import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';

import { main } from '../../../../shared/cli/main.ts';
import { environmentOf } from '../../../../shared/presets/environment.ts';
import { findPreset } from '../../../../shared/presets/table.ts';
import { ECOSYSTEMS } from '../../../support/samples/ecosystem/table.ts';
import { SAMPLES } from '../../../support/samples/ecosystem/sample-files.ts';

const FILES = ['README.md', 'app', 'customruns.yaml', 'pipeline.yaml', 'pipelinerun.yaml'];
const SCREEN = 60;

const read = (...path: readonly string[]): string => readFileSync(join(SAMPLES, ...path), 'utf8');

/** What the resolver makes of the run, as YAML. */
const resolved = async (sample: string): Promise<string> => {
  let out = '';
  let log = '';
  const terminal = {
    environment: {},
    print: (text: string) => void (out += text),
    log: (text: string) => void (log += text),
  };
  const file = (name: string): string => join(SAMPLES, sample, name);
  const others = [file('pipeline.yaml'), join(SAMPLES, 'golang/task-git-clone.yaml')];
  const words = ['resolve', '-f', file('pipelinerun.yaml'), ...others.flatMap((path) => ['--with', path])];
  const code = await main(words, terminal);
  if (code !== 0) throw new Error(`resolve ended with ${code}: ${log}`);
  return out;
};

describe('samples with a preset', () => {
  for (const { name, images } of ECOSYSTEMS) {
    describe(name, () => {
      it('has the files that all have, and its README names each', () => {
        expect(readdirSync(join(SAMPLES, name)).toSorted()).to.deep.equal(FILES);
        const readme = read(name, 'README.md');
        for (const file of FILES.filter((one) => one !== 'README.md')) expect(readme).to.match(linkTo(file));
        expect(readme.split('\n').length, 'lines of the README').to.be.at.most(SCREEN);
        expect(readme).to.match(/<!-- from the runner: figures -->\n\n[^|]+\n\n\| way \|/);
      });

      it('has YAML that is valid, with the images that the runner replaces and no other', () => {
        for (const file of ['pipeline.yaml', 'pipelinerun.yaml', 'customruns.yaml']) {
          const documents = parseAllDocuments(read(name, file));
          expect(documents.flatMap(({ errors }) => errors)).to.deep.equal([]);
          const named = [...read(name, file).matchAll(/^\s*(?:- )?image: (\S+)$/gm)].map(([, image]) => image);
          expect(Object.keys(images)).to.include.members(named);
        }
      });

      it('has a Pipeline without a trace of caching, which both ways run unchanged but for the cache', () => {
        const plain = read(name, 'pipeline.yaml');
        expect(plain).not.to.match(/cache|registry\.example/i);
        const script = /^( *)script: \|\n(?:\1 .*\n|\n)+/m.exec(plain)?.[0];
        expect(script).to.be.a('string');
        expect(read(name, 'customruns.yaml')).to.include(script);
      });

      it('becomes a Pipeline with the steps of the cache and the variables of the preset', async () => {
        const [, word = ''] = /- name: preset\n\s+value: (\S+)/.exec(read(name, 'pipelinerun.yaml')) ?? [];
        const presets = word.split(',').map((one) => {
          const preset = findPreset(one);
          if (preset === undefined) throw new Error(`There is no preset "${one}".`);
          return preset;
        });
        const yaml = await resolved(name);
        expect(yaml).to.include('name: cache-fetch').and.to.include('name: cache-upload');
        const places = { root: '/caches', source: '/source' };
        for (const variable of environmentOf(presets, places)) {
          expect(yaml).to.include(`name: ${variable.name}\n`);
          expect(read(name, 'customruns.yaml'), 'CustomRuns').to.include(`- name: ${variable.name}\n`);
        }
      });
    });
  }

  it('are all in the list of samples, and in the runner', () => {
    const folders = readdirSync(SAMPLES).filter((folder) => existsSync(join(SAMPLES, folder, 'customruns.yaml')));
    expect(folders.toSorted()).to.deep.equal(['golang', ...ECOSYSTEMS.map(({ name }) => name)].toSorted());
    for (const folder of folders) expect(read('README.md')).to.match(linkTo(`${folder}/`));
  });
});

const linkTo = (file: string): RegExp => new RegExp(`\\]\\(${file.replaceAll('.', '\\.')}/?\\)`);
