import { expect } from 'chai';

import { attachStatement } from '../../../shared/provenance/attestation/attach-statement.ts';
import { findStatements } from '../../../shared/provenance/attestation/find-statements.ts';
import { judge } from '../../../shared/provenance/statement/judge.ts';
import { readPublicKeys } from '../../../shared/provenance/statement/keys.ts';
import { sha256 } from '../../../shared/store/digest.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { OpenedStore } from '../../../shared/store/open-store.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { OPTIONS } from '../store/fault-bench.ts';
import { CONFIG, imageOf, OCI_MANIFEST } from '../store/store-contract.ts';
import { statementGround } from './statement-ground.ts';
import type { StatementGround, TestRun } from './statement-ground.ts';

const MAIN: TestRun = { namespace: 'team-a', uid: 'main' };
const FORK: TestRun = { namespace: 'team-a', uid: 'fork', pullRequest: '7' };

interface Named {
  readonly manifests?: readonly { readonly digest: string; readonly artifactType?: string }[];
  readonly subject?: { readonly digest: string };
  readonly layers?: readonly { readonly mediaType: string; readonly annotations?: object }[];
}

for (const kind of ['docker-registry', 'distribution'] as const) {
  describe(`statements of who wrote an entry, at ${kind}`, () => {
    let ground: StatementGround;
    before(async () => (ground = await statementGround(kind)));
    after(async () => await ground?.stop());

    const open = async (run: TestRun, target: string): Promise<OpenedStore> => {
      const registryToken = await ground.registryTokenOf(run);
      return openStore(`${ground.host}/${target}`, { ...OPTIONS, registryToken, warn: () => undefined });
    };
    const verdictOn = async (run: TestRun, repository: string, digest: string) => {
      const { store } = await open(run, repository);
      const envelopes = await findStatements(store, digest);
      await store.close();
      return judge(envelopes, { keys: readPublicKeys(ground.publicKeys), repository, digest });
    };

    it('are put beside it by the upload, as its referrer and for cosign', async () => {
      const { report, lines } = await ground.upload(MAIN, 'team-a/app:v1', 'of main');
      expect(report.results['reason']).to.equal('pushed');
      expect(lines.join('\n')).to.contain('A signed statement of who wrote it is beside it.');
      const digest = report.results['digest'] ?? '';
      expect(await verdictOn(MAIN, 'team-a/app', digest)).to.deep.equal({
        believed: true,
        writer: { namespace: 'team-a', run: 'PipelineRun ci-main', runUid: 'main', trust: 'trusted' },
      });
      const { store } = await open(MAIN, 'team-a/app');
      const read = async (reference: string) => {
        const manifest = await store.getManifest(reference);
        return { manifest, named: JSON.parse(Buffer.from(manifest?.bytes ?? '{}').toString()) as Named };
      };
      const list = await read(digest.replace(':', '-'));
      const attestation = await read(`${digest.replace(':', '-')}.att`);
      expect(list.named.manifests?.map(({ digest: listed }) => listed)).to.deep.equal([
        attestation.manifest?.descriptor.digest,
      ]);
      expect(attestation.named.subject?.digest).to.equal(digest);
      expect(attestation.named.layers?.map(({ mediaType }) => mediaType)).to.deep.equal([
        'application/vnd.dsse.envelope.v1+json',
      ]);
      await store.close();
    });

    it('say of a pull request of a fork that it is untrusted, and are not given for what it may not write', async () => {
      const repository = 'team-a/untrusted/app/7/deps';
      const { report } = await ground.upload(FORK, `${repository}:v1`, 'of a fork');
      const verdict = await verdictOn(FORK, repository, report.results['digest'] ?? '');
      expect(verdict).to.deep.include({ believed: true });
      const { store } = await open(FORK, 'team-a/app');
      await store.headManifest('v1');
      const refused = await store.statement?.(report.results['digest'] ?? '').catch((error: Error) => error.message);
      expect(refused).to.contain('a run that is untrusted may not write to team-a/app');
      await store.close();
    });

    it('of several uploads of the same content stay beside each other', async () => {
      const twin: TestRun = { namespace: 'team-a', uid: 'twin' };
      const first = await ground.upload(MAIN, 'team-a/same:v1', 'the same');
      const second = await ground.upload(twin, 'team-a/same:v2', 'the same');
      const digest = first.report.results['digest'] ?? '';
      expect(second.report.results['digest']).to.equal(digest);
      const { store } = await open(MAIN, 'team-a/same');
      expect(await findStatements(store, digest)).to.have.length(2);
      await store.close();
    });

    it('cost an upload nothing where there are none to be had', async () => {
      ground.hasKey = false;
      const { report, lines } = await ground.upload(MAIN, 'team-a/none:v1', 'x');
      ground.hasKey = true;
      expect(report.results).to.include({ uploaded: 'true', reason: 'pushed' });
      expect(lines.join('\n')).to.contain('No statement of who wrote it is beside it: ');
      expect(lines.join('\n')).to.contain('the service has no key for statements');
    });
  });
}

for (const kind of ['docker-registry', 'distribution', 'crane', 'layout'] as const) {
  describe(`attestations in a store: ${kind}`, () => {
    let stop: () => Promise<void>;
    let name: string;
    before(async () => {
      if (kind === 'layout') {
        const directory = await temporaryDirectory();
        [name, stop] = [`oci:${directory.path}/layout`, async () => await directory.remove()];
      } else {
        const registry = await startRegistry({ kind });
        [name, stop] = [`${registry.host}/app`, async () => await registry.stop()];
      }
    });
    after(async () => await stop?.());

    it('are found by the digest of what they are about, the latest eight', async () => {
      const { store } = openStore(name, OPTIONS);
      await store.putBlob(sha256(CONFIG), CONFIG);
      const subject = await store.putManifest('v1', OCI_MANIFEST, imageOf([]));
      const envelopes = Array.from({ length: 10 }, (_, count) => Buffer.from(`{"number":${count}}`));
      for (const envelope of envelopes) await attachStatement(store, subject, envelope);
      expect(await findStatements(store, subject.digest)).to.deep.equal(envelopes.slice(2));
      expect(await findStatements(store, sha256(Buffer.from('other')))).to.deep.equal([]);
      await store.close();
    });

    it('are found as referrers, where a copy left out the tag', async () => {
      const { store } = openStore(name, OPTIONS);
      await store.putBlob(sha256(CONFIG), CONFIG);
      const subject = await store.putManifest('v2', OCI_MANIFEST, imageOf([], 'copied'));
      const envelope = Buffer.from('{"of":"v2"}');
      await attachStatement(store, subject, envelope);
      // Another artifact under the tag, such as a tool's that keeps its own there.
      await store.putManifest(`${subject.digest.replace(':', '-')}.att`, OCI_MANIFEST, imageOf([]));
      expect(await findStatements(store, subject.digest)).to.deep.equal([envelope]);
      await store.close();
    });
  });
}
