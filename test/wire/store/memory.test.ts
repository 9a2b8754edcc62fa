import process from 'node:process';

import { expect } from 'chai';

import { runCommand } from '../../support/command.ts';
import { makeCertificates } from '../../support/registry/certificates.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';

const MEBIBYTES = 384;
/** Node itself takes about 60 MiB, the buffers of an upload and a connection about 20. */
const LIMIT_MEBIBYTES = 160;

describe('the memory of a transfer', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  before(async () => {
    directory = await temporaryDirectory();
  });
  after(() => directory.remove());

  for (const secure of [false, true]) {
    it(`does not grow with the blob, ${secure ? 'with' : 'without'} TLS`, async () => {
      const certificates = await makeCertificates(directory.path);
      const registry = await startRegistry(secure ? { tls: certificates } : {});
      try {
        const script = `${import.meta.dirname}/move-blob.ts`;
        const env = { NODE_EXTRA_CA_CERTS: certificates.authority };
        const args = [script, `${registry.host}/app`, `${MEBIBYTES}`];
        const report: { read: number; mebibytes: number } = JSON.parse(
          await runCommand(process.execPath, args, { env }),
        );
        expect(report.read).to.equal(MEBIBYTES * 1024 * 1024);
        expect(report.mebibytes).to.be.lessThan(LIMIT_MEBIBYTES);
      } finally {
        await registry.stop();
      }
    }).timeout(120_000);
  }
});
