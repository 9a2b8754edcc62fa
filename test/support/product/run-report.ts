import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolSet } from '../prerequisites/go-tools.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { runCommand } from '../command.ts';
import { startProgram } from '../process/program.ts';

/** What `tekton-cache report` prints about a PipelineRun, by the commands of the docs, as rows of cells. */
export async function reportOfRun({ state }: Cluster, namespace: string, name: string): Promise<string[][]> {
  const tools = await toolSet('kubernetes', (line) => process.stderr.write(`${line}\n`));
  const kubectl = async (...args: readonly string[]): Promise<string> =>
    await runCommand(join(tools, 'kubectl'), [...args, '-n', namespace, '-l', `tekton.dev/pipelineRun=${name}`], {
      env: { KUBECONFIG: state.kubeconfig },
    });
  const dir = await mkdtemp(join(tmpdir(), 'run-report-'));
  try {
    const [objects, logs] = [join(dir, 'runs.json'), join(dir, 'run.log')];
    await writeFile(objects, await kubectl('get', 'taskruns,customruns', '-o', 'json'));
    await writeFile(logs, await kubectl('logs', '--all-containers', '--prefix', '--tail=-1', '--ignore-errors'));
    const args = ['report', name, '-f', objects, '--logs', logs];
    const { code, out, err } = await startProgram('shared/cli/tekton-cache.js', args).ended;
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
    return out.split('\n').map((line) => line.split(/ {2,}/));
  } finally {
    await rm(dir, { recursive: true });
  }
}
