import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentOf } from '../../shared/presets/environment.ts';
import { findPreset } from '../../shared/presets/table.ts';
import { settingNotes } from '../../shared/rewrite/write/presets/own-settings.ts';
import { findTool } from './tools.ts';

/** How a script gives a tool a place of its own, and how the tool tells which one it takes. */
const SETTINGS: readonly {
  readonly preset: string;
  readonly tool: string;
  readonly set: string;
  readonly ask: string;
}[] = [
  { preset: 'npm', tool: 'npm', set: 'npm config set cache OWN', ask: 'config get cache' },
  { preset: 'pnpm', tool: 'pnpm', set: 'pnpm config set store-dir OWN', ask: 'store path' },
  { preset: 'pnpm', tool: 'pnpm-11', set: 'pnpm config set store-dir OWN', ask: 'store path' },
  { preset: 'yarn', tool: 'yarn', set: 'yarn config set cache-folder OWN', ask: 'cache dir' },
  { preset: 'poetry', tool: 'poetry', set: 'poetry config cache-dir OWN', ask: 'config cache-dir' },
  { preset: 'pip', tool: 'pip', set: 'pip config --user set global.cache-dir OWN', ask: 'cache dir' },
  { preset: 'pip', tool: 'pip', set: 'pip --isolated --version', ask: '--isolated cache dir' },
  { preset: 'go', tool: 'go', set: 'go env -w GOMODCACHE=OWN', ask: 'env GOMODCACHE' },
];

/** Where the tools keep settings of who runs the tests. Yarn 1 does so for root in the second one. */
const OF_THE_MACHINE = [join(homedir(), '.npmrc'), '/usr/local/share/.yarnrc', join(homedir(), '.config/go/env')];

const settingsOfTheMachine = (): readonly string[] =>
  OF_THE_MACHINE.map((file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : 'none'));

/** `npm run` names the settings of its user in variables, and npm writes into that file. */
const withoutSettings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:npm|pnpm|yarn)_config_/i.test(name)));

/** A note that is wrong sends its reader to look for a fault that there is not, or keeps him from the one that there is. */
describe('the note on a setting of a script', () => {
  for (const { preset: name, tool: program, set, ask } of SETTINGS) {
    it(`is there for \`${set}\` where ${program} goes by it, and only there`, async function () {
      const [preset, tool] = [findPreset(name), await findTool(program)];
      if (preset === undefined || tool === undefined) {
        this.skip();
        return;
      }
      const before = settingsOfTheMachine();
      const directory = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'settings-')));
      try {
        const variables = environmentOf([preset], { root: join(directory, 'caches'), source: directory });
        const own = join(directory, 'own');
        const script = set.replace('OWN', own);
        const [called = ''] = set.split(' ');
        const said = execFileSync('sh', ['-ec', `${called}() { ${tool} "$@"; }; (${script}) >&2; ${tool} ${ask}`], {
          cwd: directory,
          env: {
            ...withoutSettings(),
            HOME: directory,
            // Yarn 1 takes root for a user with a home by this.
            FAKEROOTKEY: 'none',
            GOENV: undefined,
            XDG_CONFIG_HOME: undefined,
            PIP_NO_CACHE_DIR: undefined,
            ...Object.fromEntries(variables.map(({ name: variable, value }) => [variable, value])),
          },
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        const isOurs = said.includes(`${directory}/caches/`);
        const notes = settingNotes({ steps: [{ name: 'build', script }] }, variables);
        expect(notes.length === 0, `${said}\n${notes.join('\n')}`).to.equal(isOurs);
        expect(settingsOfTheMachine()).to.deep.equal(before);
      } finally {
        fs.rmSync(directory, { recursive: true });
      }
    });
  }
});
