import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../shared/cli/main.ts';
import { environmentOf } from '../../../shared/presets/environment.ts';
import { cacheName } from '../../../shared/presets/preset.ts';
import type { Preset } from '../../../shared/presets/preset.ts';
import { findPreset } from '../../../shared/presets/table.ts';
import { readManifest } from '../../../shared/entry/manifest/manifest.ts';
import { platformVariables } from '../../../shared/helper/hash/platform.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { HistoryProject } from './projects.ts';

export interface State {
  /** Bytes of content of the entry. */
  readonly bytes: number;
  /** Bytes of the blobs that its manifest names. */
  readonly blobBytes: number;
}

export interface Checkpoint {
  readonly commit: number;
  readonly version: string;
  /** Seconds of builds that started from this state, in pairs. */
  readonly kept: State & { readonly seconds: readonly number[] };
  readonly fresh: State & { readonly seconds: readonly number[] };
}

const BUILD_MS = 1_800_000;

/** The builds of one project, one commit after the other, in the same directories. */
export class History {
  readonly #project: HistoryProject;
  readonly #preset: Preset;
  readonly #base = mkdtempSync(join(tmpdir(), 'build-state-'));

  private constructor(project: HistoryProject, preset: Preset) {
    this.#project = project;
    this.#preset = preset;
  }

  static async begin(project: HistoryProject): Promise<History> {
    const preset = findPreset(project.preset);
    if (preset === undefined) throw new Error(`There is no preset ${project.preset}.`);
    return new History(project, preset);
  }

  end(): void {
    spawnSync('chmod', ['-R', 'u+w', this.#base]);
    rmSync(this.#base, { recursive: true, force: true });
  }

  /** One commit as a Pipeline builds it. */
  async commit(version: string, registry = 'kept'): Promise<State & { readonly seconds: number }> {
    this.#checkOut(version);
    await this.#transfer('fetch', registry);
    const seconds = this.#build();
    return { seconds, ...(await this.#upload(registry)) };
  }

  /** Builds `version` from what all commits kept, and from what a cold build of the commit before it leaves. */
  async compare(before: string, version: string, commit: number, rounds: number): Promise<Checkpoint> {
    const registry = `fresh-${commit}`;
    const fresh = await this.commit(before, registry);
    const seconds: Record<string, number[]> = { kept: [], [registry]: [] };
    for (let round = 0; round < rounds; round++) {
      for (const from of round % 2 === 0 ? ['kept', registry] : [registry, 'kept']) {
        this.#checkOut(version);
        await this.#transfer('fetch', from);
        seconds[from]?.push(this.#build());
      }
    }
    const kept = await this.#stateOf('kept');
    return {
      commit,
      version,
      kept: { ...kept, seconds: seconds['kept'] ?? [] },
      fresh: { ...fresh, seconds: seconds[registry] ?? [] },
    };
  }

  get #source(): string {
    return join(this.#base, 'source');
  }

  get #caches(): string {
    return join(this.#base, 'caches');
  }

  /** Nothing of the build before is left. */
  #checkOut(version: string): void {
    const scratch = join(this.#base, 'scratch');
    mkdirSync(scratch, { recursive: true });
    const from = this.#shell(this.#project.sources, scratch, { VERSION: version }).trim().split('\n').at(-1) ?? '';
    for (const directory of [this.#source, this.#caches]) rmSync(directory, { recursive: true, force: true });
    cpSync(from, this.#source, { recursive: true });
    spawnSync('chmod', ['-R', 'u+w', this.#source]);
    mkdirSync(this.#caches);
  }

  /** Seconds. */
  #build(): number {
    this.#shell(this.#project.download, this.#source);
    // Of the variables of the preset only those of build state.
    const { caches, ...preset } = this.#preset;
    const build = caches.find(({ kind }) => kind === 'build');
    if (build === undefined) throw new Error(`${preset.name} has no build state.`);
    const variables = environmentOf([{ ...preset, caches: [build] }], { root: this.#caches, source: this.#source });
    const env = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    const started = performance.now();
    this.#shell(this.#project.build, this.#source, env);
    return (performance.now() - started) / 1000;
  }

  #shell(command: string, cwd: string, env: Readonly<Record<string, string>> = {}): string {
    const { status, stdout, stderr } = spawnSync('sh', ['-ec', command], {
      cwd,
      env: { ...process.env, ...env },
      encoding: 'utf8',
      timeout: BUILD_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== 0) throw new Error(`${command} ended with ${status}:\n${(stdout + stderr).slice(-3000)}`);
    return stdout;
  }

  async #upload(registry: string): Promise<State> {
    await this.#transfer('upload', registry);
    return this.#stateOf(registry);
  }

  async #stateOf(registry: string): Promise<State> {
    const { os, arch } = platformVariables();
    const tag = `${this.#preset.name}-build-${os}-${arch}-main`;
    const { store, reference } = openStore(`oci:${join(this.#base, registry)}:${tag}`);
    const stored = await store.getManifest(reference);
    const manifest = stored === undefined ? undefined : readManifest(stored.bytes);
    if (manifest === undefined) throw new Error(`There is no entry ${tag}.`);
    const { content, index, deltas } = manifest;
    const layers = [...content.map(({ descriptor }) => descriptor), index, ...deltas];
    return { bytes: manifest.size, blobBytes: layers.reduce((sum, { size }) => sum + size, 0) };
  }

  async #transfer(verb: 'fetch' | 'upload', registry: string): Promise<void> {
    let log = '';
    const terminal = {
      environment: { HOME: this.#base },
      print: () => {},
      log: (text: string) => void (log += `${text}\n`),
    };
    const options = {
      target: `oci:${join(this.#base, registry)}`,
      preset: this.#preset.name,
      source: this.#source,
      workspace: `caches=${this.#caches}`,
    };
    const code = await main([verb, ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)], terminal);
    if (code !== 0) throw new Error(`${verb} ended with ${code}:\n${log}`);
    const cache = this.#preset.caches.find(({ kind }) => kind === 'build');
    const name = cache === undefined ? '' : cacheName(this.#preset, cache);
    const lines = log.split('\n').filter((line) => line.includes(name) || line.includes('were removed'));
    process.stderr.write(lines.map((line) => `  ${line}\n`).join(''));
  }
}
