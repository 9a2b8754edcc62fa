import { expect } from 'chai';
import { decide } from '../../../../controller/cache-run/decision.ts';
import type { Decision } from '../../../../controller/cache-run/decision.ts';
import type { CustomRun } from '../../../../controller/tekton/custom-run.ts';
import { CUSTOM_RUN_KIND } from '../../../../controller/tekton/run-kind.ts';
import { MODE_ANNOTATION } from '../../../../shared/interface/mode.ts';
import { PARAMS } from '../../../../shared/interface/params.ts';
import { HOSTILE_PIECES, hostileText } from '../../../support/hostile-text.ts';
import { leastPassesOf } from '../../../support/process/main-thread.ts';
import { config, customRun, FILES, NOW, TARGET } from './examples.ts';

/** Just within the bounds, and far outside of them. */
const MEGABYTE = 1_000_000;
const LENGTHS = [60_000, MEGABYTE];
/** Of the time of a few linear passes over a megabyte. */
const MOST_PASSES = 10;

interface Case {
  readonly what: string;
  readonly run: CustomRun;
}

function withParam(name: string, value: unknown): CustomRun {
  const others = [TARGET, FILES].filter((param) => param.name !== name);
  return customRun({ spec: { params: [...others, { name, value }] } });
}

function nested(depth: number): unknown {
  let value: unknown = 'x';
  for (let at = 0; at < depth; at++) value = [value];
  return value;
}

/** Every shape in each place of a run. */
function* cases(): Generator<Case> {
  const rows = PARAMS.filter(({ surfaces }) => surfaces.some((surface) => surface === 'customrun'));
  const texts = LENGTHS.flatMap((length) =>
    HOSTILE_PIECES.map((piece) => ({
      length,
      what: `${length} of ${JSON.stringify(piece)}`,
      text: hostileText(piece, length),
      items: Array.from({ length: length / 20 }, (_, at) => hostileText(piece, 15) + String(at)),
    })),
  );
  for (const { length, what, text, items } of texts) {
    for (const { name } of length < MEGABYTE ? rows : rows.slice(0, 2)) {
      yield { what: `${name}: ${what}`, run: withParam(name, text) };
      if (length < MEGABYTE) yield { what: `${name}: items, ${what}`, run: withParam(name, items) };
    }
    yield { what: `a name: ${what}`, run: withParam(text, 'x') };
    yield { what: `a workspace: ${what}`, run: customRun({ spec: { workspaces: [{ name: text, emptyDir: {} }] } }) };
    yield {
      what: `the annotation: ${what}`,
      run: customRun({ metadata: { annotations: { [MODE_ANNOTATION]: text } } }),
    };
  }
  for (const { name } of rows) yield { what: `${name}: nested`, run: withParam(name, nested(5000)) };
  const many = Array.from({ length: 20_000 }, (_, at) => ({ name: `n${at}`, value: 'x' }));
  yield { what: 'many params', run: customRun({ spec: { params: many } }) };
  const workspaces = many.map(({ name }) => ({ name, persistentVolumeClaim: { claimName: name } }));
  yield { what: 'many workspaces', run: customRun({ spec: { workspaces } }) };
  yield { what: 'an inline spec', run: customRun({ spec: { customSpec: { spec: { files: nested(5000) } } } }) };
}

function decideOn(run: CustomRun): Decision {
  return decide({ run, pod: undefined, config, reasons: CUSTOM_RUN_KIND.reasons, now: NOW });
}

describe('a run that is written to hold up the controller', () => {
  it('is decided on in a few linear passes over its text, with a sentence that fits into its status', async () => {
    for (const { what, run } of cases()) {
      const work = () => decideOn(run);
      expect(await leastPassesOf(work, MOST_PASSES), `${what}: passes`).to.be.lessThan(MOST_PASSES);
      const decision = decideOn(run);
      if (decision.do !== 'end') continue;
      expect(decision.completion.message.length, what).to.be.lessThan(2100);
      expect(JSON.stringify(decision.completion.results).length, what).to.be.lessThan(2_000_000);
    }
  }).timeout(300_000);
});
