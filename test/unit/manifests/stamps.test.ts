import { readFileSync } from 'node:fs';

import { expect } from 'chai';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('the admission policy for stamps', () => {
  it('keeps each stamp that is believed, and that of the sender, which rules may name; no other', () => {
    const facts = read('shared/scope/run-facts.ts');
    const believed = new Set([...facts.matchAll(/stamp\('([\w-]+)'\)/g)].map(([, name]) => name));
    const policy = read('manifests/overlays/stamps/400-stamps.yaml');
    const [, list = ''] = /\[('event-type'[^\]]*)\]/.exec(policy) ?? [];
    const kept = list.split(', ').map((name) => name.replaceAll("'", ''));
    expect(kept).to.have.members([...believed, 'sender']);
    for (const [message] of policy.matchAll(/message: .* are written by Pipelines-as-Code alone/g)) {
      for (const name of kept) expect(message).to.contain(name);
    }
  });
});
