import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { isGood, issueCertificate, newAuthority } from '../../../../controller/certificates/authority.ts';
import { runCommand } from '../../../support/command.ts';

const NOW = new Date();
const SERVER = { subject: 'registry', usage: 'server', days: 90, now: NOW } as const;

describe('certificates of the installation', () => {
  const authority = newAuthority('authority of tests', { days: 3650, now: NOW });
  let directory: string;
  before(async () => (directory = await mkdtemp(join(tmpdir(), 'certificates-'))));
  after(async () => await rm(directory, { recursive: true }));
  const openssl = async (...args: string[]) => await runCommand('openssl', args, { timeout: 20_000 });
  const file = async (name: string, content: string) => {
    const path = join(directory, name);
    await writeFile(path, content);
    return path;
  };

  it('are what another implementation takes: chain, purpose and names', async () => {
    const names = ['registry.tekton-cache.svc', '10.1.2.3', '::1', 'fd00::1:2', '1:2:3:4:5:6:7:8'];
    const issued = issueCertificate(authority, { ...SERVER, names });
    const root = await file('root.pem', authority.certificate);
    const leaf = await file('leaf.pem', issued.certificate);
    const strict = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', root];
    for (const name of names) {
      const check = name.includes('.svc') ? '-verify_hostname' : '-verify_ip';
      expect(await openssl(...strict, check, name, leaf)).to.contain('OK');
    }
    const refused = await openssl(...strict, '-verify_hostname', 'other.tekton-cache.svc', leaf).catch(String);
    expect(refused).to.contain('hostname mismatch');
    const second = issueCertificate(issued, SERVER);
    const chain = await openssl(
      'verify',
      '-CAfile',
      root,
      '-untrusted',
      leaf,
      await file('second.pem', second.certificate),
    ).catch(String);
    expect(chain, 'what an authority signs is no authority').to.match(/invalid CA certificate|not permitted/);
  });

  it('hold the time, before and after the year in which times got longer', () => {
    for (const days of [1, 12_000]) {
      const { certificate } = newAuthority('long', { days, now: NOW });
      const { validFromDate, validToDate } = new X509Certificate(certificate);
      expect(validFromDate.getTime()).to.be.lessThan(NOW.getTime());
      expect(Math.round((validToDate.getTime() - NOW.getTime()) / 86_400_000)).to.equal(days);
    }
  });

  it('have names and serial numbers of their own, and the key that belongs to them', () => {
    const [first, second] = [issueCertificate(authority, SERVER), issueCertificate(authority, SERVER)].map(
      ({ certificate }) => new X509Certificate(certificate),
    );
    expect(first?.subject).to.equal('CN=registry');
    expect(first?.issuer).to.equal('CN=authority of tests');
    expect(first?.serialNumber).to.not.equal(second?.serialNumber);
    const issued = issueCertificate(authority, { subject: 's', usage: 'signatures', days: 1, now: NOW });
    expect(new X509Certificate(issued.certificate).checkPrivateKey(createPrivateKey(issued.key))).to.equal(true);
  });

  it('are good as long as they last, with their own key, from their own authority', () => {
    const other = newAuthority('authority of tests', { days: 1, now: NOW });
    const issued = issueCertificate(authority, SERVER);
    const root = authority.certificate;
    expect(isGood(issued, root, { days: 89, now: NOW })).to.equal(true);
    expect(isGood(issued, root, { days: 91, now: NOW })).to.equal(false);
    expect(isGood(issued, other.certificate, { days: 1, now: NOW })).to.equal(false);
    expect(isGood({ ...issued, key: other.key }, root, { days: 1, now: NOW })).to.equal(false);
    expect(isGood({ key: '', certificate: 'nonsense' }, root, { days: 1, now: NOW })).to.equal(false);
  });
});
