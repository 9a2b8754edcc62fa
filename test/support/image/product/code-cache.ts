/** The bytecode of the image's short programs: V8 writes what it compiled in runs that had nothing to do. */
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { cacheDirectory } from '../../cache-directory.ts';
import { runCommand } from '../../command.ts';
import { fingerprint } from '../fingerprint.ts';
import type { LayerEntries } from '../tar-layer.ts';
import { writeTree } from '../write-tree.ts';
import { nodeBinary } from './node-runtime.ts';

const RECORDER = join(import.meta.dirname, 'record-code.ts');
/** What would change the code, or where it is kept. */
const PLAIN = { NODE_OPTIONS: undefined, NODE_V8_COVERAGE: undefined, NODE_DISABLE_COMPILE_CACHE: '1' };

/**
 * What V8 compiles depends on how the runs went, so the bytecode of a script is made once and kept: an image has the same digest when it is built again.
 * Elsewhere it is mostly the same, too, as the seed by which V8 scatters its hashes is fixed here.
 *
 * @param entries the other files of the image
 */
export const codeCache = async (entries: LayerEntries, repository: string): Promise<Buffer> => {
  const contents = [...entries].map(([path, entry]) =>
    entry.type === 'file' ? `${path}\0${String(entry.content)}` : path,
  );
  const kept = cacheDirectory(
    'code',
    await fingerprint([RECORDER, import.meta.filename], [process.version, process.arch, ...contents]),
  );
  try {
    return await readFile(kept);
  } catch {
    const code = await makeCode(entries, repository);
    await mkdir(dirname(kept), { recursive: true });
    await writeFile(`${kept}.${process.pid}`, code);
    await rename(`${kept}.${process.pid}`, kept);
    return code;
  }
};

const makeCode = async (entries: LayerEntries, repository: string): Promise<Buffer> => {
  const scratch = await mkdtemp(join(tmpdir(), 'tekton-cache-code-'));
  const app = join(scratch, 'app');
  try {
    await writeTree(scratch, entries);
    await symlink(join(repository, 'node_modules'), join(app, 'node_modules'));
    return await record(app, scratch);
  } finally {
    await rm(scratch, { recursive: true });
  }
};

const record = async (app: string, scratch: string): Promise<Buffer> => {
  const [workspace, layout, output] = [join(scratch, 'workspace'), join(scratch, 'layout'), join(scratch, 'cache')];
  await mkdir(workspace);
  await writeFile(join(workspace, 'file'), 'content');
  // Long ago, so that its state is settled.
  await utimes(join(workspace, 'file'), 1, 1);
  const program = join(app, 'shared', 'cli', 'tekton-cache.js');
  const upload = ['upload', '--target', `oci:${layout}:1`, '--workspace', `cache=${workspace}`];
  await runCommand(nodeBinary(), [program, ...upload], { env: PLAIN });
  const server = await serve(layout);
  try {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the layout is served at no port');
    const target = `127.0.0.1:${address.port}/code:1`;
    const args = ['--hash-seed=1', '--disable-warning=ExperimentalWarning', RECORDER, app, target, workspace, output];
    await runCommand(nodeBinary(), args, { env: PLAIN });
    return await readFile(output);
  } finally {
    server.close();
  }
};

/** A layout of one entry as a registry that is only read. */
const serve = async (layout: string): Promise<Server> => {
  const index: { readonly manifests: readonly { readonly digest: string; readonly mediaType: string }[] } = JSON.parse(
    readFileSync(join(layout, 'index.json'), 'utf8'),
  );
  const [manifest] = index.manifests;
  if (manifest === undefined) throw new Error('nothing was uploaded');
  const server = createServer((request, response) => {
    const [, digest = manifest.digest] = /\/(?:manifests|blobs)\/sha256:([0-9a-f]+)$/.exec(request.url ?? '') ?? [];
    const isRoot = request.url === '/v2/';
    const content = isRoot ? '' : readFileSync(join(layout, 'blobs', 'sha256', digest.replace('sha256:', '')));
    const isManifest = request.url?.includes('/manifests/') === true;
    response.setHeader('Content-Type', isManifest ? manifest.mediaType : 'application/octet-stream');
    response.setHeader('Content-Length', content.length);
    response.end(request.method === 'HEAD' ? undefined : content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};
