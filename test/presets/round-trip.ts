import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { main } from '../../shared/cli/main.ts';
import { environmentOf } from '../../shared/presets/environment.ts';
import type { Preset } from '../../shared/presets/preset.ts';
import { PATIENCE } from '../support/patience.ts';
import type { Project } from './project.ts';

interface RoundTrip {
  /** What the command line logged and resulted in. */
  readonly upload: Transfer;
  readonly fetch: Transfer;
  /** What the tool said, both streams. */
  readonly cold: string;
  readonly warm: string;
}

export interface Transfer {
  readonly log: string;
  readonly results: Readonly<Record<string, string>>;
}

const BUILD_MS = 240_000;
/** Of a namespace of its own. */
const INDEX_PORT = 8080;
/** Where a build here may not find anything, and what would make it find something else than in an image. */
const UNSET = ['XDG_CACHE_HOME', 'PIP_FIND_LINKS', 'GOFLAGS', 'npm_config_prefer_offline'];

/** Builds a project, keeps its caches, and builds it again in a new checkout and a new home at the same paths, as runs of a Pipeline do. */
export async function roundTrip(directory: string, project: Project, preset: Preset, tool: string): Promise<RoundTrip> {
  const places = { root: join(directory, 'caches'), source: join(directory, 'source') };
  const pristine = join(directory, 'pristine');
  const run = (command: string, network: boolean): string =>
    build(directory, places, { preset, tool, command, network });
  const index = join(directory, 'index');
  /** A project with an index of its own never has another network. */
  const runServed = (command: string, network: boolean): string =>
    project.index === undefined ? run(command, network) : run(served(index, command), false);
  const transfer = (verb: 'fetch' | 'upload'): Promise<Transfer> =>
    runCommandLine(verb, directory, project.asked ?? 'auto');

  for (const [path, content] of Object.entries(project.files)) {
    mkdirSync(dirname(join(pristine, path)), { recursive: true });
    writeFileSync(join(pristine, path), content);
  }
  if (project.index !== undefined) {
    mkdirSync(index);
    mkdirSync(places.source);
    run(`INDEX='${index}'; cd "$INDEX"; ${project.index}`, true);
    rmSync(places.source, { recursive: true });
  }
  if (project.lock !== undefined) {
    cpSync(pristine, places.source, { recursive: true });
    runServed(project.lock, true);
    for (const file of project.lockfiles ?? []) cpSync(join(places.source, file), join(pristine, file));
  }
  start(directory, places, pristine);
  rmSync(places.root, { recursive: true });
  mkdirSync(places.root);
  const cold = runServed(project.build, true);
  const upload = await transfer('upload');
  start(directory, places, pristine);
  removeTree(places.root);
  mkdirSync(places.root);
  const fetch = await transfer('fetch');
  return { upload, fetch, cold, warm: runServed(project.build, false) };
}

/** The command with the index at `$INDEX_URL`, which prints what is asked of it. */
function served(index: string, command: string): string {
  const server = join(import.meta.dirname, 'index-server.ts');
  const ready = `${index}.ready`;
  return [
    `rm -f '${ready}'`,
    `'${process.execPath}' --disable-warning=ExperimentalWarning '${server}' '${index}' ${INDEX_PORT} '${ready}' & trap 'kill $!' EXIT`,
    `while ! test -e '${ready}'; do sleep 0.05; done`,
    `export INDEX_URL=http://127.0.0.1:${INDEX_PORT}`,
    command,
  ].join('\n');
}

function start(directory: string, places: { readonly root: string; readonly source: string }, pristine: string): void {
  for (const name of ['home', 'source']) rmSync(join(directory, name), { recursive: true, force: true });
  mkdirSync(join(directory, 'home'));
  mkdirSync(places.root, { recursive: true });
  cpSync(pristine, places.source, { recursive: true });
}

/** Modules of Go are read-only. */
function removeTree(directory: string): void {
  spawnSync('chmod', ['-R', 'u+w', directory]);
  rmSync(directory, { recursive: true });
}

interface Build {
  readonly preset: Preset;
  readonly tool: string;
  readonly command: string;
  readonly network: boolean;
}

/** Both streams of a shell command in the sources. Without a network the kernel has none for it: nothing can be downloaded. */
function build(
  directory: string,
  places: { readonly root: string; readonly source: string },
  { preset, tool, command, network }: Build,
): string {
  const home = join(directory, 'home');
  mkdirSync(home, { recursive: true });
  const variables = environmentOf([preset], places).map(({ name, value }) => [name, value] as const);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    RUSTUP_HOME: process.env['RUSTUP_HOME'] ?? join(homedir(), '.rustup'),
    ...Object.fromEntries(UNSET.map((name) => [name, undefined])),
    ...Object.fromEntries(variables),
    // A lockfile as most people have it says where each package is.
    npm_config_omit_lockfile_registry_resolved: 'false',
    // Deno has certificates of its own.
    DENO_TLS_CA_STORE: 'system',
    HOME: home,
    // Java asks the user database for a home, and not the variable: Gradle takes from its `.m2` what somebody else downloaded.
    JAVA_TOOL_OPTIONS: `-Duser.home=${home}`,
  };
  const script = `tool() { ${tool} "$@"; }; set -ex; ${command}`;
  const words = network ? ['sh', '-c', script] : ['unshare', '--net', 'sh', '-c', `ip link set lo up; ${script}`];
  const { status, stdout, stderr } = spawnSync(words[0] ?? '', words.slice(1), {
    cwd: places.source,
    env,
    encoding: 'utf8',
    timeout: BUILD_MS * PATIENCE,
    maxBuffer: 64 * 1024 * 1024,
  });
  const output = stdout + stderr;
  if (status !== 0) throw new Error(`${preset.name}: ${command} ended with ${status}:\n${output.slice(-3000)}`);
  return output;
}

export async function runCommandLine(verb: 'fetch' | 'upload', directory: string, preset: string): Promise<Transfer> {
  let log = '';
  let out = '';
  const terminal = {
    environment: { HOME: directory },
    print: (text: string) => void (out += text),
    log: (text: string) => void (log += `${text}\n`),
  };
  const options = {
    target: `oci:${join(directory, 'registry')}`,
    preset,
    source: join(directory, 'source'),
    workspace: `caches=${join(directory, 'caches')}`,
  };
  const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const code = await main([verb, '--json', ...words], terminal);
  if (code !== 0) throw new Error(`${verb} ended with ${code}:\n${log}`);
  const results: Readonly<Record<string, string>> = JSON.parse(out);
  return { log, results };
}
