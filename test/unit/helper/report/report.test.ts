import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  encodeReport,
  reportWithout,
  resultFiles,
  terminationMessage,
} from '../../../../shared/helper/report/report.ts';
import { joinResults } from '../../../../shared/interface/results/join-results.ts';
import { parseRequest } from '../../../../shared/request/request.ts';
import { TERMINATION_LOG_BYTES } from '../../../../shared/request/protocol.ts';
import type { CacheReport } from '../../../../shared/request/protocol.ts';
import { request } from '../fakes.ts';

const REPORT: CacheReport = { version: 1, results: { hit: 'true' }, message: 'Fine.' };

describe('report', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'report-'));
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  it('replaces the one before in the termination message', () => {
    const file = join(dir, 'log');
    const write = terminationMessage(file);
    write({ ...REPORT, message: 'x'.repeat(1000) });
    write(REPORT);
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal(REPORT);
  });

  it('gives steps a file for each plain result, without a newline', () => {
    resultFiles(dir)({ ...REPORT, results: { hit: 'true', hash: '', 'go-hit': 'true' } });
    expect(readdirSync(dir).sort()).to.deep.equal(['hash', 'hit']);
    expect(readFileSync(join(dir, 'hit'), 'utf8')).to.equal('true');
  });

  it('of a run that did nothing has every result, with the reason, and fails only when asked to', () => {
    const failure = { code: 'Internal', message: 'Oh.' };
    const soft = reportWithout(request({}), 'internal', failure);
    expect(soft.results).to.include({
      hit: 'false',
      match: 'miss',
      reason: 'internal',
      'cache-reason': 'internal',
      size: '0',
    });
    expect(soft).to.include({ message: 'Oh.' }).and.not.to.have.property('failure');
    expect(reportWithout(request({ onError: 'fail' }), 'internal', failure).failure).to.deep.equal(failure);
  });

  describe('in a termination message', () => {
    it('loses the end of its sentences before anything else', () => {
      const results = { hash: 'h'.repeat(300) };
      const failure = { code: 'Unreachable', message: 'Ä"\n'.repeat(100) };
      for (let limit = 420; limit < 1600; limit += 7) {
        const text = encodeReport({ version: 1, results, failure, message: 'é\\'.repeat(200) }, limit);
        expect(Buffer.byteLength(text), `limit ${limit}`).to.be.at.most(limit);
        const parsed: CacheReport = JSON.parse(text);
        expect(parsed.results).to.deep.equal(results);
        expect(parsed.failure?.code).to.equal('Unreachable');
      }
    });

    it('is whole where it fits', () => {
      expect(JSON.parse(encodeReport(REPORT, 4096))).to.deep.equal(REPORT);
    });

    it('has room for the results of as many caches as a CustomRun may have', () => {
      for (const verb of ['fetch', 'upload'] as const) {
        for (const length of [4, 20, 63]) {
          const { caches, target } = mostCaches(verb, length);
          const outcome = {
            hit: 'false',
            fetched: 'false',
            match: 'fallback',
            uploaded: 'false',
            reason: 'invalid-params',
            target,
            hash: 'f'.repeat(64),
            digest: `sha256:${'f'.repeat(64)}`,
            size: '9007199254740991',
            bytes: '9007199254740991',
          };
          const results = joinResults(
            verb,
            caches.map(({ name }) => ({ name, results: outcome })),
          );
          const failure = { code: 'InvalidParams', message: 'm'.repeat(3000) };
          const text = encodeReport({ version: 1, results, failure, message: 'm'.repeat(3000) }, TERMINATION_LOG_BYTES);
          expect(Buffer.byteLength(text)).to.be.at.most(TERMINATION_LOG_BYTES);
          const parsed: CacheReport = JSON.parse(text);
          expect(parsed.results).to.deep.equal(results);
          expect(parsed.failure?.message).to.have.length.above(100);
        }
      }
    });
  });
});

/** The largest request of caches with names of a length that parseRequest takes. */
function mostCaches(verb: 'fetch' | 'upload', length: number) {
  const target = `${'r'.repeat(240)}.example/x:${'t'.repeat(128)}`;
  for (let count = 60; count > 0; count--) {
    const caches = Array.from({ length: count }, (_, at) => ({
      name: String(at).padStart(length, 'w'),
      dir: `/w/${at}`,
    }));
    try {
      return parseRequest({ verb, surface: 'customrun', params: { target }, caches, variables: {}, dockerConfigs: [] });
    } catch {
      continue;
    }
  }
  throw new Error('Not even one cache.');
}
