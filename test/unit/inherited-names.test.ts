import { expect } from 'chai';

import { verbOf } from '../../controller/cache-run/request/cache-kind.ts';
import { readRunParams } from '../../controller/cache-run/request/run-params.ts';
import { readSettings } from '../../shared/cli/arguments/installation-settings.ts';
import { toV1 } from '../../shared/rewrite/tekton/read/conversion.ts';
import { readTrustRules } from '../../shared/scope/policy.ts';
import { trustOf } from '../../shared/scope/trust.ts';
import { customRun, FETCH, TARGET } from './controller/cache-run/examples.ts';

/** Every object has these. Users may give them to what they name, as any other name. */
const NAMES = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'];

describe('a name that every object has anyway', () => {
  for (const name of NAMES) {
    describe(name, () => {
      it('is no param of a run, nor of its inline spec', () => {
        const spec = JSON.parse(`{"${name}": {"target": "x"}}`) as Record<string, unknown>;
        const given = [
          customRun({ spec: { customRef: FETCH, params: [TARGET, { name, value: { target: 'x' } }] } }),
          customRun({ spec: { customSpec: { ...FETCH, spec }, params: [TARGET] } }),
        ];
        for (const run of given) {
          expect(readRunParams(run, 'fetch').problem?.message).to.contain(`Param \`${name}\` is unknown`);
        }
      });

      it('is no kind of the group, nor one of Tekton', () => {
        const run = customRun({ spec: { customRef: { ...FETCH, kind: name } } });
        expect(() => verbOf(run)).to.throw(`There is no ${name}`);
        expect(() => toV1({ apiVersion: 'tekton.dev/v1', kind: name, spec: {} })).to.throw('wanted a Pipeline or Task');
      });

      it('is a field as any other of what is converted', () => {
        const document = `{"apiVersion":"tekton.dev/v1beta1","kind":"Task","spec":{"${name}":"x","steps":[{"${name}":["y"]}]}}`;
        const spec = (of: unknown): string => JSON.stringify(of);
        expect(spec(toV1(JSON.parse(document))['spec'])).to.equal(`{"${name}":"x","steps":[{"${name}":["y"]}]}`);
      });

      it('is a label as any other for a rule of trust', () => {
        const rules = readTrustRules(`[{trust: release, match: {labels: {${name}: "x*"}}}]`);
        const policy = { grants: [], trustRules: rules, trustDefault: 'untrusted' } as const;
        const event = { type: 'push', isFork: false, branch: 'main' } as const;
        const facts = (labels: unknown) => ({
          namespace: 'team',
          namespaceLabels: {},
          serviceAccount: 'default',
          run: 'uid',
          annotations: {},
          labels: labels as Record<string, string>,
        });
        expect(trustOf(facts({}), event, policy).trust).to.equal('untrusted');
        expect(trustOf(facts(JSON.parse(`{"${name}":"xy"}`)), event, policy).trust).to.equal('release');
      });

      it('is no setting of the installation', () => {
        expect(() => readSettings(`{"${name}":{}}`)).to.throw('is not an object with');
        expect(() => readSettings(`{"limits":{"${name}":1}}`)).to.throw('is not an object with');
      });
    });
  }
});
