import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { workOf } from '../../controller/cache-run/request/work.ts';
import { readConfig } from '../../controller/config/config.ts';
import { REQUEST_VARIABLE } from '../../shared/request/protocol.ts';
import type { CacheReport } from '../../shared/request/protocol.ts';
import { startProgram } from '../support/process/program.ts';

/** Nothing that is waited for comes any more: of promises that race, none wins. */
const LOSES_WORK = '--import=data:text/javascript,Promise.race=()=>new%20Promise(()=>undefined)';
const RUN = {
  apiVersion: 'tekton.dev/v1beta1',
  kind: 'CustomRun',
  metadata: { name: 'restore', namespace: 'builds', uid: '0' },
  spec: {
    params: [
      { name: 'target', value: 'registry.example/cache:x' },
      { name: 'mode', value: 'off' },
    ],
    workspaces: [{ name: 'cache', persistentVolumeClaim: { claimName: 'cache' } }],
  },
};

describe('a helper that loses its work', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'lost-work-'))));
  after(() => rmSync(dir, { recursive: true }));

  const helper = async (env: NodeJS.ProcessEnv) => {
    const log = join(dir, 'termination-log');
    const { request } = workOf(RUN, 'fetch', readConfig({}).config);
    const given = { [REQUEST_VARIABLE]: JSON.stringify(request), ...env };
    const { code, err } = await startProgram('shared/helper/main.ts', ['--termination-log', log], given).ended;
    const { results }: CacheReport = JSON.parse(readFileSync(log, 'utf8'));
    return { code, err, hit: results['hit'] };
  };

  it('does not end as one that is done, and has reported a miss', async () => {
    expect(await helper({ NODE_OPTIONS: LOSES_WORK })).to.include({ code: 13, hit: 'false' });
    expect(await helper({})).to.include({ code: 0, hit: 'false' });
  });
});
