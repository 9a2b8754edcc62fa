import { tmpdir } from 'node:os';

import { expect } from 'chai';

import { optionOf, readOptions } from '../../../../shared/cli/arguments/options.ts';
import { TRANSFER_OPTIONS, transferRequest } from '../../../../shared/cli/arguments/transfer-request.ts';
import type { Verb } from '../../../../shared/interface/params.ts';
import { knownParams } from '../../../../shared/request/read-params.ts';

describe('the time of a step', () => {
  const maxTimeMs = (verb: Verb, ...more: readonly string[]): number => {
    const args = ['--target', 'r/x:y', '--workspace', `w=${tmpdir()}`, ...more];
    const rows = [...TRANSFER_OPTIONS, ...knownParams([verb], 'cli').map(optionOf)];
    return transferRequest(verb, readOptions(args, rows), {}).maxTimeMs;
  };
  const step = ['--results-dir', '/results'];

  it('is five minutes, and longer for an upload that may have to wait for the end of a collection', () => {
    expect(maxTimeMs('upload', ...step)).to.equal(300_000);
    expect(maxTimeMs('fetch', ...step, '--on-error', 'fail')).to.equal(300_000);
    expect(maxTimeMs('upload', ...step, '--on-error', 'fail')).to.equal(2_400_000);
  });

  it('is what the user says, and none outside of Tekton', () => {
    expect(maxTimeMs('upload', ...step, '--on-error=fail', '--max-time=2m')).to.equal(120_000);
    expect(maxTimeMs('upload', ...step, '--on-error=fail', '--max-time=')).to.equal(2_400_000);
    expect(maxTimeMs('upload', '--on-error', 'fail')).to.equal(0);
  });
});
