import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { openAuditLog, parseAuditLog, writesBy } from '../../../support/cluster/audit-log.ts';

const line = (verb: string, username: string, resource: string, subresource?: string): string =>
  `${JSON.stringify({
    kind: 'Event',
    stage: 'ResponseComplete',
    verb,
    user: { username },
    objectRef: { resource, subresource, namespace: 'ns', name: 'one' },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: '2026-01-02T03:04:05.678901Z',
  })}\n`;

describe('the audit log', () => {
  it('gives the time of arrival in microseconds', () => {
    const [event] = parseAuditLog(line('create', 'me', 'pods'));
    expect(event?.receivedAt).to.equal(Date.UTC(2026, 0, 2, 3, 4, 5) * 1000 + 678_901);
  });

  it('reads a fraction that is shorter than six digits, or missing', () => {
    const at = (time: string): number | undefined =>
      parseAuditLog(line('create', 'me', 'pods').replace('2026-01-02T03:04:05.678901Z', time))[0]?.receivedAt;
    const second = Date.UTC(2026, 0, 2, 3, 4, 5) * 1000;
    expect(at('2026-01-02T03:04:05.6Z')).to.equal(second + 600_000);
    expect(at('2026-01-02T03:04:05Z')).to.equal(second);
  });

  it('leaves a last line that is still being written for later', () => {
    expect(parseAuditLog(`${line('create', 'me', 'pods')}{"verb":"cre`)).to.have.lengthOf(1);
    expect(parseAuditLog('{"verb":"cre')).to.be.empty;
  });

  it('counts what a user wrote, not what it read, not its leases, and nobody else', () => {
    const events = parseAuditLog(
      [
        line('create', 'me', 'pods'),
        line('patch', 'me', 'customruns', 'status'),
        line('deletecollection', 'me', 'pods'),
        line('get', 'me', 'pods'),
        line('watch', 'me', 'pods'),
        line('update', 'me', 'leases'),
        line('create', 'you', 'pods'),
      ].join(''),
    );
    expect(writesBy(events, 'me').map(({ verb, resource }) => `${verb} ${resource}`)).to.deep.equal([
      'create pods',
      'patch customruns/status',
      'deletecollection pods',
    ]);
  });

  it('goes on in the files that were rotated away, oldest first', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'audit-'));
    try {
      await writeFile(join(directory, 'audit-2026-01-02T03-04-06.000.log'), line('create', 'me', 'second'));
      await writeFile(join(directory, 'audit.log'), line('create', 'me', 'third'));
      await writeFile(join(directory, 'audit-2026-01-02T03-04-05.000.log'), line('create', 'me', 'first'));
      const events = await openAuditLog(join(directory, 'audit.log')).read();
      expect(events.map(({ resource }) => resource)).to.deep.equal(['first', 'second', 'third']);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
