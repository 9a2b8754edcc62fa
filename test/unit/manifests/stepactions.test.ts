import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Verb } from '../../../shared/interface/params.ts';
import { knownParams } from '../../../shared/request/read-params.ts';
import { resultNames } from '../../../shared/interface/results/results.ts';
import { programCommand } from '../../../shared/request/protocol.ts';
import { HELPER_PROGRAM, RESULTS_DIR } from '../../../shared/rewrite/write/step.ts';

interface StepAction {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly command: readonly string[];
    readonly args: readonly string[];
    readonly params: readonly { readonly name: string; readonly default?: string }[];
    readonly results: readonly { readonly name: string }[];
    readonly script?: string;
  };
}

for (const verb of ['fetch', 'upload'] as const satisfies readonly Verb[]) {
  describe(`the StepAction cache-${verb}`, () => {
    const file = new URL(`../../../manifests/stepactions/cache-${verb}.yaml`, import.meta.url);
    const { metadata, spec } = parse(readFileSync(file, 'utf8')) as StepAction;
    const names = spec.params.map(({ name }) => name);

    it('has the params of the table, and the directories', () => {
      const table = knownParams([verb], 'step').map(({ name }) => name);
      expect(metadata.name).to.equal(`cache-${verb}`);
      expect(names).to.have.members([...table, 'source', 'caches']);
    });

    it('needs the target alone, and has the defaults of the table', () => {
      expect(spec.params.filter((param) => param.default === undefined).map(({ name }) => name)).to.deep.equal(['target']);
      for (const row of knownParams([verb], 'step')) {
        const given = spec.params.find(({ name }) => name === row.name)?.default;
        if (row.default !== undefined) expect(given, row.name).to.equal(row.default);
      }
    });

    it('hands each param on as the option of its name, and starts as injected steps do', () => {
      const option = (name: string): string => `--${name === 'caches' ? 'workspace' : name}=$(params.${name})`;
      expect(spec.command).to.deep.equal(programCommand(HELPER_PROGRAM));
      expect(spec.args).to.have.members([verb, ...names.map(option), `--results-dir=${RESULTS_DIR}`]);
      expect(spec.args[0]).to.equal(verb);
      expect(spec.script).to.equal(undefined);
    });

    it('has the results of the table', () => {
      expect(spec.results.map(({ name }) => name)).to.deep.equal(resultNames(verb));
    });
  });
}
