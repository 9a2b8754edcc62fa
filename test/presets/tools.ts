import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../support/cache-directory.ts';
import { runCommand } from '../support/command.ts';

/** Packages of npm, and where each has its program. */
const FROM_NPM: Readonly<Record<string, { readonly spec: string; readonly program: string }>> = {
  pnpm: { spec: 'pnpm@10.12.4', program: 'node_modules/pnpm/bin/pnpm.cjs' },
  'pnpm-11': { spec: 'pnpm@11.28.10', program: 'node_modules/pnpm/bin/pnpm.mjs' },
  yarn: { spec: 'yarn@1.22.22', program: 'node_modules/yarn/bin/yarn.js' },
  'yarn-berry': { spec: '@yarnpkg/cli-dist@4.9.2', program: 'node_modules/@yarnpkg/cli-dist/bin/yarn.js' },
  bun: { spec: '@oven/bun-linux-x64@1.2.19', program: 'node_modules/@oven/bun-linux-x64/bin/bun' },
  playwright: { spec: 'playwright@1.54.1', program: 'node_modules/playwright/cli.js' },
  deno: { spec: '@deno/linux-x64-glibc@2.4.2', program: 'node_modules/@deno/linux-x64-glibc/deno' },
};
const FROM_PYPI: Readonly<Record<string, string>> = { uv: 'uv==0.8.3', poetry: 'poetry==2.1.3' };

const SBT = { group: 'org.scala-sbt', artifact: 'sbt-launch', version: '1.10.7' };
/** As the script `sbt` starts it. The first two save half of the time. */
const SBT_JAVA = 'java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC $SBT_OPTS -jar';

const INSTALL_MS = 300_000;

/** The command of a tool, or nothing when it is not there and cannot be installed. */
export async function findTool(name: string): Promise<string | undefined> {
  try {
    if (FROM_NPM[name] !== undefined) return await fromNpm(FROM_NPM[name]);
    if (FROM_PYPI[name] !== undefined) return await fromPypi(name, FROM_PYPI[name]);
    if (name === 'sbt') return `${SBT_JAVA} "${await fromMaven(SBT)}"`;
    if (name === 'mix') return mixWithHex();
    return execFileSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

async function fromNpm({ spec, program }: { readonly spec: string; readonly program: string }): Promise<string> {
  const directory = cacheDirectory('preset-tools', spec.replaceAll('/', '-'));
  const file = join(directory, program);
  if (!existsSync(file)) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'package.json'), '{"private":true}');
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    await runCommand('npm', ['install', ...options, spec], { cwd: directory, timeout: INSTALL_MS });
  }
  return /\.[cm]?js$/.test(file) ? `"${process.execPath}" "${file}"` : `"${file}"`;
}

async function fromPypi(name: string, spec: string): Promise<string> {
  const directory = cacheDirectory('preset-tools', spec);
  const file = join(directory, 'bin', name);
  if (!existsSync(file)) {
    await runCommand('python3', ['-m', 'venv', directory], { timeout: INSTALL_MS });
    const install = ['install', '--quiet', '--disable-pip-version-check', spec];
    await runCommand(join(directory, 'bin/pip'), install, { timeout: INSTALL_MS });
  }
  return `"${file}"`;
}

/** Hex is an archive of its own, which no registry of packages has: `mix archive.build` makes it of its sources. */
function mixWithHex(): string | undefined {
  const home = process.env['MIX_HOME'] ?? join(homedir(), '.mix');
  const archives = readdirSync(join(home, 'archives'));
  return archives.some((name) => name.startsWith('hex-')) ? `MIX_HOME="${home}" mix` : undefined;
}

interface Jar {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

async function fromMaven({ group, artifact, version }: Jar): Promise<string> {
  const directory = cacheDirectory('preset-tools', `${artifact}@${version}`);
  const file = join(directory, `${artifact}-${version}.jar`);
  if (!existsSync(file)) {
    const coordinates = `-Dartifact=${group}:${artifact}:${version}`;
    const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
    // Maven's own repository in the home of who runs the tests is none of ours.
    const repository = `-Dmaven.repo.local=${cacheDirectory('preset-tools', 'maven')}`;
    const words = ['--batch-mode', '--quiet', repository, copy, coordinates, `-DoutputDirectory=${directory}`];
    await runCommand('mvn', words, { timeout: INSTALL_MS });
  }
  return file;
}
