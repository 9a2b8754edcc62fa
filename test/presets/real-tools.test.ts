import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { cacheName } from '../../shared/presets/preset.ts';
import { findPreset, PRESETS } from '../../shared/presets/table.ts';
import { INDEXED_PROJECTS } from './indexed-projects.ts';
import { PROJECTS } from './projects.ts';
import { roundTrip } from './round-trip.ts';
import { findTool } from './tools.ts';

const ALL = [...PROJECTS, ...INDEXED_PROJECTS];

describe('presets with the real tool', () => {
  for (const project of ALL) {
    const name = project.title ?? project.preset;
    it(`${name} takes everything from what was fetched into a new place`, async function () {
      const preset = findPreset(project.preset);
      if (preset === undefined) throw new Error(`There is no preset ${project.preset}.`);
      const tool = await findTool(project.tool);
      if (tool === undefined) {
        process.stderr.write(`      ${project.tool} is not here\n`);
        this.skip();
        return;
      }
      const directory = mkdtempSync(join(tmpdir(), 'preset-'));
      try {
        const { upload, fetch, cold, warm } = await roundTrip(directory, project, preset, tool);
        for (const cache of preset.caches) {
          expect(upload.log).to.include(`cache ${cacheName(preset, cache)}: uploaded`);
          expect(fetch.log).to.include(`cache ${cacheName(preset, cache)}: hit (exact)`);
        }
        if (project.asked === undefined) expect(upload.log).to.include(`preset ${preset.name}, because of`);
        if (project.coldOnly !== undefined) {
          expect(cold).to.match(project.coldOnly);
          expect(warm).not.to.match(project.coldOnly);
        }
        if (project.warm !== undefined) expect(warm).to.match(project.warm);
      } finally {
        spawnSync('chmod', ['-R', 'u+w', directory]);
        spawnSync('rm', ['-rf', directory]);
      }
    });
  }

  it('are those that the table calls proved', () => {
    const proved = PRESETS.filter(({ provedBy }) => provedBy !== undefined).map(({ name }) => name);
    expect([...new Set(ALL.map(({ preset }) => preset))]).to.include.members(proved);
  });
});
