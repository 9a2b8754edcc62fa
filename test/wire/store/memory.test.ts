import process from 'node:process';

import { expect } from 'chai';

import { runCommand } from '../../support/command.ts';
import { makeCertificates } from '../../support/registry/certificates.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';

/** Both are larger than the buffers of an upload and a connection. */
const SMALL = 32;
const LARGE = 416;
/** Buffers of sockets are full at one look and empty at the next; the larger blob has 384 MiB more. */
const LIMIT_MEBIBYTES = 24;

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
        const heldFor = async (mebibytes: number): Promise<number> => {
          const args = ['--expose-gc', script, `${registry.host}/app`, `${mebibytes}`];
          const output = await runCommand(process.execPath, args, { env });
          const report: { read: number; mebibytes: number } = JSON.parse(output);
          expect(report.read).to.equal(mebibytes * 1024 * 1024);
          return report.mebibytes;
        };
        const small = await heldFor(SMALL);
        expect((await heldFor(LARGE)) - small).to.be.lessThan(LIMIT_MEBIBYTES);
      } finally {
        await registry.stop();
      }
    }).timeout(120_000);
  }
});
