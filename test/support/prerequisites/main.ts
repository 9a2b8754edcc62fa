/** Installs and builds everything that the suites run, before they start to run it side by side. */
import { CLUSTER_PROGRAMS, PEER_PROGRAMS, requirePackages } from './debian.ts';
import { requireGo } from './go.ts';
import { TOOL_SET_NAMES, toolSet } from './go-tools.ts';

const report = (line: string): void => console.log(line);

await requirePackages(report, { ...CLUSTER_PROGRAMS, ...PEER_PROGRAMS });
await requireGo();
for (const name of TOOL_SET_NAMES) await toolSet(name, report);
