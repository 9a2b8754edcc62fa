import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { stringify } from 'yaml';

import { readConfig } from '../../../../controller/config/config.ts';
import { judge } from '../../../../controller/storage/retention/retention.ts';
import { UnreadTags } from '../../../../controller/storage/registry/unread-tags.ts';
import { rulesOf } from '../../../../controller/storage/retention/rules.ts';
import { summaryOf } from '../../../../controller/storage/summary.ts';
import { main } from '../../../../shared/cli/main.ts';

const NOW = Date.parse('2026-08-20T10:10:00Z');
const entryIn = (namespace: string, bytes: number, blob: string, hours: number) => ({
  repository: `${namespace}/app`,
  digest: `sha256:${namespace}${blob}`,
  tags: ['v1'],
  bytes: 0,
  references: [{ digest: blob, bytes }],
  pushedAt: NOW,
  usedAt: NOW - hours * 3_600_000,
});

describe('tekton-cache storage', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'storage-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const storage = async (text: string, ...args: readonly string[]) => {
    const file = join(directory, 'file.yaml');
    writeFileSync(file, text);
    const [out, log]: [string[], string[]] = [[], []];
    const terminal = {
      environment: {},
      print: (line: string) => void out.push(line),
      log: (line: string) => void log.push(line),
    };
    const code = await main(['storage', ...(args.length > 0 ? args : ['-f', file])], terminal);
    return { code, out: out.join('\n'), log: log.join('\n') };
  };
  const configMap = (data: object) =>
    stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'tekton-cache-storage' }, data });

  it('lists what the housekeeper wrote, the largest namespace first, what entries share once', async () => {
    const entries = [
      entryIn('team-a', 1500, 'shared', 5),
      entryIn('team-b', 1500, 'shared', 2),
      entryIn('team-b', 3 * 2 ** 30, 'own', 3),
    ];
    const { usage } = judge(entries, rulesOf(readConfig({}).config), { now: NOW, activeRuns: new Set() });
    const unread = new UnreadTags();
    const known = (): string => configMap({ summary: JSON.stringify(summaryOf({ entries, usage, unread }, NOW)) });
    const { code, out } = await storage(known());
    expect(code).to.equal(0);
    expect(out.split('\n')).to.deep.equal([
      '3 entries with 3.0 GiB in all, at 2026-08-20T10:10:00.000Z',
      '',
      'NAMESPACE  ENTRIES  SIZE     LAST USE',
      'team-b     2        3.0 GiB  2026-08-20T08:10:00.000Z',
      'team-a     1        1.5 KiB  2026-08-20T05:10:00.000Z',
    ]);
    unread.record('team-a/app', ['v1', 'v2']);
    expect((await storage(known())).out.split('\n').slice(0, 3)).to.deep.equal([
      '3 entries with 3.0 GiB in all, at 2026-08-20T10:10:00.000Z',
      '2 tags cannot be read by the registry, in team-a/app: nothing goes there for want of a tag. The log of the housekeeper says why.',
      '',
    ]);
  });

  it('says what is wrong with what it was given', async () => {
    expect(await storage(configMap({}))).to.include({ code: 1 });
    expect((await storage(configMap({}))).log).to.contain('no ConfigMap tekton-cache-storage with the item summary');
    for (const summary of [
      'x',
      '{}',
      '{"at":"x","entries":1,"bytes":1,"namespaces":[{}]}',
      '{"at":"x","entries":1,"bytes":1,"unread":{}}',
    ]) {
      expect((await storage(configMap({ summary }))).log, summary).to.contain('is no summary of the housekeeper');
    }
    expect((await storage('', '--json')).log).to.contain('-f is required');
  });
});
