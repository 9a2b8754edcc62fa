/**
 * The whole path on the cluster: from the create of a CustomRun to its last status, by the API server's audit log, for a tree of many
 * small files. With another image of the helper, an older one for example, both take turns.
 *
 *   npm run bench:transfer [-- --before IMAGE] [--rounds N] [--out FILE]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { borrowCluster } from '../../support/cluster/borrowed-cluster.ts';
import { createTestNamespace } from '../../support/cluster/test-namespace.ts';
import { openProduct } from '../../support/product/product.ts';
import { conditionOf, resultsOf, Runs } from '../../support/product/runs.ts';
import { corpus, NODE_MODULES } from '../trees/corpora.ts';
import { writePage } from '../report/page.ts';
import { median } from '../lanes/spread.ts';
import { copyTree } from '../workbench.ts';

const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    out: { type: 'string', default: join(import.meta.dirname, '../../../docs/bench/transfer.md') },
  },
});

const CASES = ['upload, first', 'upload, unchanged', 'fetch, empty volume', 'fetch, nothing missing'] as const;
type Case = (typeof CASES)[number];
interface Sample {
  readonly image: string;
  readonly case: Case;
  readonly milliseconds: number;
}

const borrowed = await borrowCluster({ resolvers: true }, (line) => void process.stderr.write(`${line}\n`));
const product = await openProduct();
if (!product) throw new Error('this needs the cluster of the bench: npm run cluster -- up');
const { cluster, registry } = product;
const space = await createTestNamespace(cluster.api, { prefix: 'transfer' });
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'tekton-cache', name: 'tekton-cache-config' };
const images = { ...(values.before === undefined ? {} : { before: values.before }), now: product.image };
try {
  const runs = new Runs(cluster.api, space.name);
  const source = await corpus(NODE_MODULES);
  const samples: Sample[] = [];
  for (let round = -1; round < Number(values.rounds); round += 1) {
    for (const [image, reference] of Object.entries(images)) {
      // Volumes of its own, and none is emptied meanwhile: ext4 passes over inodes that went in the last minutes, one by one, for each
      // new file, whatever makes it, and that took 25 s of tar as well.
      const full = await space.createClaim(`full-${image}-${round + 1}`);
      const empty = await space.createClaim(`empty-${image}-${round + 1}`);
      await copyTree(source, join(cluster.local.volumes, full.volume, 'tree'));
      const target = `${registry}/${space.name}/${image}${round + 1}:x`;
      for (const [at, one] of CASES.entries()) {
        const milliseconds = await measure(runs, {
          name: `${image}-${round + 1}-${at}`,
          reference,
          target,
          case: one,
          claim: one.startsWith('upload') ? full.name : empty.name,
        });
        process.stderr.write(`${image}, ${one}: ${Math.round(milliseconds)} ms\n`);
        // The first round pulls images.
        if (round >= 0) samples.push({ image, case: one, milliseconds });
      }
    }
  }
  await writePage(values.out, report(samples));
} finally {
  await cluster.api.patch(configMap, { data: { image: null } });
  await space.delete();
  await product.close();
  await borrowed.giveBack();
}

interface Job {
  readonly name: string;
  readonly reference: string;
  readonly target: string;
  readonly case: Case;
  readonly claim: string;
}

async function measure(runs: Runs, { name, reference, target, case: which, claim }: Job): Promise<number> {
  const upload = which.startsWith('upload');
  await cluster.api.patch(configMap, { data: { image: reference } });
  await runs.createCustomRun(name, upload ? 'CacheUpload' : 'CacheFetch', {
    params: { target, insecure: 'true', paths: 'tree' },
    workspaces: [{ name: 'w', persistentVolumeClaim: { claimName: claim } }],
  });
  const done = await runs.customRun(name);
  const [pod] = await runs.pods(name);
  const image = pod?.spec.containers[0]?.image;
  if (image !== reference) throw new Error(`${name} ran ${image}: the controller had not seen the configuration yet`);
  const results = resultsOf(done);
  const good = upload ? results['uploaded'] === 'true' || results['reason'] === 'unchanged' : results['hit'] === 'true';
  if (!good) throw new Error(`${name}: ${JSON.stringify(results)} ${conditionOf(done).message}`);
  const events = (await cluster.auditLog.read()).filter(
    (event) => event.namespace === space.name && event.name === name,
  );
  const created = events.find(({ verb, resource }) => verb === 'create' && resource === 'customruns');
  const ended = events.findLast(({ resource }) => resource === 'customruns/status');
  if (!created || !ended) throw new Error(`no trace of ${name}`);
  return (ended.receivedAt - created.receivedAt) / 1000;
}

function report(samples: readonly Sample[]): string {
  const of = (image: string, one: Case) =>
    median(
      samples.filter((sample) => sample.image === image && sample.case === one).map((sample) => sample.milliseconds),
    );
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
  const compared = 'before' in images;
  const head = compared ? ['', 'before', 'now', 'ratio'] : ['', 'now'];
  const rows = CASES.map((one) => {
    const now = of('now', one);
    if (!compared) return [one, seconds(now)];
    const before = of('before', one);
    return [one, seconds(before), seconds(now), (now / before).toFixed(2)];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `# The whole path on the cluster

From the create of a CustomRun to its last status, by the API server's audit log: scheduling, the pod's start and the helper's work. ${NODE_MODULES.title}, on a disk; medians of ${values.rounds}${compared ? ', both images in turn' : ''}.
\`npm run bench:transfer\` measures it anew${compared ? '; `--before IMAGE` compares with another image of the product' : ''}.

${[line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')}
`;
}
