/** Statements of who wrote an entry, as cosign's own command verifies them; the lines that call it are those of docs/provenance.md. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import process from 'node:process';

import { expect } from 'chai';

import { renewedProvenance } from '../../controller/token-service/keys/provenance-key.ts';
import { PROJECTED_TOKEN } from '../../shared/interface/places/registry-token.ts';
import { attestationTag } from '../../shared/provenance/attestation/attestation.ts';
import { openStore } from '../../shared/store/open-store.ts';
import { runCommand } from '../support/command.ts';
import { patient } from '../support/patience.ts';
import { toolSet } from '../support/prerequisites/go-tools.ts';
import { OPTIONS } from '../wire/store/fault-bench.ts';
import { statementGround } from '../wire/token-service/statement-ground.ts';
import type { StatementGround, TestRun } from '../wire/token-service/statement-ground.ts';

const BUILD_MS = 1_800_000;
const MAIN: TestRun = { namespace: 'team-a', uid: 'main' };
const FORK: TestRun = { namespace: 'team-a', uid: 'fork', pullRequest: '7' };
const REPOSITORY = 'team-a/app';
const OTHER_KEY = renewedProvenance({})!['provenance.pub'];

interface Statement {
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicate: { readonly buildDefinition: { readonly internalParameters: { readonly trust: string } } };
}

for (const kind of ['docker-registry', 'distribution'] as const) {
  describe(`cosign, asked about entries at ${kind}`, function () {
    this.timeout(patient(120_000));
    let ground: StatementGround;
    let tools: string;
    before(async function () {
      // The first time ever cosign is built.
      this.timeout(BUILD_MS);
      tools = await toolSet('cosign', (line) => void process.stderr.write(`${line}\n`));
      ground = await statementGround(kind);
    });
    after(async () => await ground?.stop());

    const upload = async (run: TestRun, target: string): Promise<string> => {
      const { report } = await ground.upload(run, target, target);
      expect(report.results['reason']).to.equal('pushed');
      return report.results['digest'] ?? '';
    };

    /** What cosign writes when it accepts; throws when it refuses. With a policy, the page's for the repository of that name. */
    const verify = async (
      run: TestRun,
      repository: string,
      digest: string,
      { keys = ground.publicKeys, policyFor }: { readonly keys?: string; readonly policyFor?: string } = {},
    ): Promise<string> => {
      const files = await mkdtemp(join(ground.directory, 'step-'));
      const { tokenFile, ca = '' } = await ground.registryTokenOf(run);
      await writeFile(join(files, 'token'), await readFile(tokenFile));
      await writeFile(join(files, 'ca.crt'), ca);
      await writeFile(join(files, 'provenance.pub'), keys);
      const { command, policy } = await linesOf('docs/provenance.md');
      await writeFile(join(files, 'policy.cue'), policy.replace('REPOSITORY', policyFor ?? ''));
      const lines = command
        .replace('cosign verify-attestation', policyFor === undefined ? '$&' : '$& --policy policy.cue')
        .replaceAll(PROJECTED_TOKEN.directory, files)
        .replaceAll('REGISTRY', ground.host)
        .replaceAll('REPOSITORY', repository)
        .replaceAll('sha256:HEX', digest);
      const env = {
        HOME: files,
        DOCKER_CONFIG: join(files, 'docker'),
        PATH: `${tools}${delimiter}${process.env['PATH']}`,
        // Without it cosign goes to Sigstore's servers for keys that it has no use for here.
        SIGSTORE_ROOT_FILE: '/dev/null',
      };
      return await runCommand('sh', ['-ec', lines], { cwd: files, env });
    };
    const refusalOf = async (...asked: Parameters<typeof verify>): Promise<string> =>
      await verify(...asked).then(
        (output) => `accepted: ${output}`,
        (error: Error) => error.message,
      );
    const statementsIn = (output: string): readonly Statement[] =>
      output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => (JSON.parse(line) as { readonly payload: string }).payload)
        .map((payload) => JSON.parse(Buffer.from(payload, 'base64').toString()) as Statement);

    it('accepts what an upload put beside its entry, and says how far its writer is trusted', async () => {
      for (const [run, repository, trust] of [
        [MAIN, REPOSITORY, 'trusted'],
        [FORK, 'team-a/untrusted/app/7/deps', 'untrusted'],
      ] as const) {
        const digest = await upload(run, `${repository}:v1`);
        const [statement, ...more] = statementsIn(await verify(run, repository, digest));
        expect(more).to.deep.equal([]);
        expect(statement?.subject).to.deep.equal([
          { name: repository, digest: { sha256: digest.replace('sha256:', '') } },
        ]);
        expect(statement?.predicate.buildDefinition.internalParameters).to.include({ trust });
      }
    });

    it('takes the first key of a file, and refuses an entry that another one has signed', async () => {
      const digest = await upload(MAIN, `${REPOSITORY}:keys`);
      expect(
        statementsIn(await verify(MAIN, REPOSITORY, digest, { keys: ground.publicKeys + OTHER_KEY })),
      ).to.have.length(1);
      for (const keys of [OTHER_KEY, OTHER_KEY + ground.publicKeys]) {
        expect(await refusalOf(MAIN, REPOSITORY, digest, { keys })).to.contain('no matching attestations');
      }
    });

    it('refuses an entry whose attestation is about another digest', async () => {
      const [theirs, ours] = [await upload(MAIN, `${REPOSITORY}:other`), await upload(MAIN, `${REPOSITORY}:this`)];
      const registryToken = await ground.registryTokenOf(MAIN);
      const { store } = openStore(`${ground.host}/${REPOSITORY}`, { ...OPTIONS, registryToken, warn: () => undefined });
      const { bytes, descriptor } = (await store.getManifest(attestationTag(theirs)))!;
      await store.putManifest(attestationTag(ours), descriptor.mediaType, bytes);
      await store.close();
      expect(await refusalOf(MAIN, REPOSITORY, ours)).to.contain('no matching attestations');
    });

    it('refuses by a policy what is of another repository, or of an untrusted run', async () => {
      const digest = await upload(MAIN, `${REPOSITORY}:policy`);
      const accepted = await verify(MAIN, REPOSITORY, digest, { policyFor: REPOSITORY });
      expect(statementsIn(accepted)).to.have.length(1);
      expect(await refusalOf(MAIN, REPOSITORY, digest, { policyFor: 'team-a/other' })).to.contain('validation errors');
      const forks = 'team-a/untrusted/app/7/policy';
      const untrusted = await upload(FORK, `${forks}:v1`);
      expect(await refusalOf(FORK, forks, untrusted, { policyFor: forks })).to.contain('validation errors');
    });

    it('refuses an entry without an attestation', async () => {
      ground.hasKey = false;
      const digest = await upload(MAIN, `${REPOSITORY}:none`);
      ground.hasKey = true;
      expect(await refusalOf(MAIN, REPOSITORY, digest)).to.contain('no matching attestations');
    });
  });
}

/** What the page gives for cosign. */
async function linesOf(page: string): Promise<{ readonly command: string; readonly policy: string }> {
  const text = await readFile(join(import.meta.dirname, '..', '..', page), 'utf8');
  const section = text.slice(text.indexOf('## With cosign'));
  const [, command = ''] = /```sh\n(.*?)```/s.exec(section) ?? [];
  const [, policy = ''] = /```cue\n(.*?)```/s.exec(section) ?? [];
  expect(command).to.match(/^cosign verify-attestation .*REGISTRY\/REPOSITORY@sha256:HEX$/m);
  expect(policy).to.contain('REPOSITORY');
  return { command, policy };
}
