/**
 * Installs and builds everything that the suites run, before they start to run it side by side.
 * The network and `dpkg` work while the compiler does, so that the compiler waits for neither.
 */
import { CLUSTER_PROGRAMS, ECOSYSTEM_PROGRAMS, PEER_PROGRAMS, requirePackages } from './debian.ts';
import { requireGo } from './go.ts';
import { downloadModules, TOOL_SET_NAMES, toolSet } from './go-tools.ts';

const report = (line: string): void => console.log(line);

const buildTools = async (): Promise<void> => {
  await requireGo();
  const [, ...later] = TOOL_SET_NAMES;
  // A module that cannot be downloaded is told by the build that needs it.
  const downloads = (async () => {
    for (const name of later) await downloadModules(name).catch(() => undefined);
  })();
  for (const name of TOOL_SET_NAMES) await toolSet(name, report);
  await downloads;
};

const installPackages = async (): Promise<void> => {
  await requirePackages(report, { ...CLUSTER_PROGRAMS, ...PEER_PROGRAMS });
  // Without one of them the tests of its preset are skipped.
  await requirePackages(report, ECOSYSTEM_PROGRAMS).catch((error: unknown) => report(String(error)));
};

await Promise.all([installPackages(), buildTools()]);
