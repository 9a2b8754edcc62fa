import { tmpdir } from 'node:os';

import { expect } from 'chai';

import { readOptions } from '../../../../shared/cli/arguments/options.ts';
import { transferOptions, transferRequest } from '../../../../shared/cli/arguments/transfer-request.ts';
import type { Verb } from '../../../../shared/interface/params.ts';

describe('the time of a step', () => {
  const timeOf = (verb: Verb, ...more: readonly string[]) => {
    const args = ['--target', 'r/x:y', '--workspace', `w=${tmpdir()}`, ...more];
    const { maxTimeMs, countsWorkAlone = false } = transferRequest(verb, readOptions(args, transferOptions(verb)), {});
    return [maxTimeMs, countsWorkAlone];
  };
  const step = ['--results-dir', '/results'];

  it('is five minutes, in which a wait for the end of a collection does not count', () => {
    expect(timeOf('upload', ...step)).to.deep.equal([300_000, true]);
    expect(timeOf('upload', ...step, '--on-error', 'fail')).to.deep.equal([300_000, true]);
    expect(timeOf('upload', ...step, '--on-error=fail', '--max-time=')).to.deep.equal([300_000, true]);
  });

  it('is what the user says, with all waits, and none outside of Tekton', () => {
    expect(timeOf('upload', ...step, '--on-error=fail', '--max-time=2m')).to.deep.equal([120_000, false]);
    expect(timeOf('upload', '--on-error', 'fail')).to.deep.equal([0, false]);
  });
});
