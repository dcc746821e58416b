import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { OPENAPI_FILE, renderOpenApi } from './documents/openapi.ts';
import { REQUIREMENTS_FILE, renderRequirements } from './documents/requirements.ts';

const MIGRATIONS = 'db/migrations';

/** `npm run check:drift`: whether what is generated is what would be generated now. Writes nothing into the tree. */
const checks = [
  checkMigrations(),
  checkDocument(OPENAPI_FILE, async () => renderOpenApi(), 'npm run openapi'),
  checkDocument(REQUIREMENTS_FILE, renderRequirements, 'npm run requirements'),
];
const findings = (await Promise.all(checks)).filter((finding) => finding !== undefined);
for (const finding of findings) console.error(finding);
if (findings.length === 0) console.log('Migrations, OpenAPI document and requirements table are up to date.');
process.exitCode = findings.length === 0 ? 0 : 1;

/** Compares the schema with a copy of the migrations: a change would add one. */
async function checkMigrations(): Promise<string | undefined> {
  const copy = mkdtempSync(join(tmpdir(), 'dingdan-drift-'));
  try {
    const out = join(copy, 'migrations');
    cpSync(MIGRATIONS, out, { recursive: true });
    const before = readdirSync(out);
    // A relative folder: drizzle-kit puts `./` before whatever it is given.
    const flags = ['--dialect=postgresql', '--schema=./db/schema/*.ts', `--out=${relative('.', out)}`];
    const ran = await execa('drizzle-kit', ['generate', ...flags], {
      preferLocal: true,
      // A rename makes it ask; without anyone to answer it would wait for ever.
      stdin: 'ignore',
      timeout: 30_000,
      all: true,
      reject: false,
    });
    const added = readdirSync(out).find((file) => !before.includes(file));
    if (added) {
      const sql = readFileSync(join(out, added), 'utf8').trim();
      return `${MIGRATIONS} lacks a change of db/schema. Run \`npm run db:generate\`. It would add:\n${sql}`;
    }
    if (ran.failed || !ran.all?.includes('No schema changes'))
      return `${MIGRATIONS} could not be compared with db/schema. Run \`npm run db:generate\` and answer what it asks.\n${reasonOf(ran.all)}`;
    return undefined;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function checkDocument(
  file: string,
  render: () => Promise<string>,
  command: string,
): Promise<string | undefined> {
  const wanted = (await render()).split('\n');
  const found = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const line = wanted.findIndex((text, index) => text !== found[index]);
  if (line < 0 && wanted.length === found.length) return undefined;
  const at = line < 0 ? wanted.length : line;
  const [is = '(nothing)', should = '(nothing)'] = [found[at], wanted[at]];
  // Table rows are long: show where they part.
  const from = Math.max(0, [...is].findIndex((character, index) => character !== should[index]) - 40);
  const part = (text: string): string => text.slice(from, from + 160);
  return `${file} is not what its sources say, from line ${at + 1} on. Run \`${command}\`.\n  is:     …${part(is)}\n  should: …${part(should)}`;
}

/** What a failed command said, without its stack. */
function reasonOf(output = ''): string {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at |^\d+ columns|\d+ fks$/.test(line))
    .slice(-5)
    .join('\n');
}
