/**
 * Runs the programs of an image in one process, and writes the bytecode that V8 has for them then:
 *
 *     node --hash-seed=1 record-code.ts APP TARGET WORKSPACE OUTPUT
 *
 * The workspace holds what the target does.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Script } from 'node:vm';
import { setFlagsFromString } from 'node:v8';

import { parseRequest } from '../../../../shared/request/request.ts';
import { REQUEST_VARIABLE } from '../../../../shared/request/protocol.ts';

interface Program {
  readonly script: Script;
  readonly load: (name: string) => unknown;
  readonly runProgram: (args: readonly string[]) => Promise<number>;
}

const [app = '', target = '', workspace = '', output = ''] = process.argv.slice(2);
const { load, runProgram, script } = (await import(join(app, 'shared', 'cli', 'main.js'))) as Program;

for (const verb of ['fetch', 'upload'])
  if ((await runProgram([verb, '--json', '--target', target, '--workspace', `cache=${workspace}`])) !== 0)
    throw new Error(`the ${verb} failed`);

process.on('exit', () => {
  // V8 takes bytecode that was made under the flags that it has itself, and pods set none.
  setFlagsFromString('--hash-seed=0');
  writeFileSync(output, script.createCachedData());
});

const caches = [{ name: 'cache', dir: workspace }];
const request = parseRequest({
  verb: 'fetch',
  surface: 'customrun',
  params: { target },
  caches,
  variables: {},
  dockerConfigs: [],
});
process.env[REQUEST_VARIABLE] = JSON.stringify(request);
process.argv.splice(2, Infinity, '--termination-log', `${output}.report`);
// It ends the process.
load('shared/helper/main.js');
