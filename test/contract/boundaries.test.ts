import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Imports that break the layout. */
const REFUSED_IMPORTS: [file: string, specifier: string][] = [
  ['domain/a.ts', 'zod'],
  ['domain/b.ts', 'node:crypto'],
  ['domain/order/c.ts', '../../db/client.ts'],
  ['domain/order/d.ts', '../../workflows/index.ts'],
  ['workflows/a.ts', 'node:path'],
  ['workflows/b.ts', '../db/client.ts'],
  ['workflows/c.ts', '../providers/index.ts'],
  ['workflows/d.ts', '../config/index.ts'],
  ['workflows/e.ts', '../activities/index.ts'],
  ['workflows/f.ts', '@temporalio/client'],
  ['workflows/g.ts', 'zod'],
  ['activities/x/a.ts', '../../workflows/order/messages.ts'],
  ['activities/x/b.ts', '../../api/app.ts'],
  ['activities/x/c.ts', '../../providers/alipay/index.ts'],
  ['activities/x/d.ts', '../../providers/index.ts'],
  ['activities/x/e.ts', '../../temporal/orders.ts'],
  ['activities/x/f.ts', '../../config/index.ts'],
  ['activities/x/g.ts', '@temporalio/client'],
  ['providers/x/a.ts', '../../db/client.ts'],
  ['providers/x/b.ts', '../../workflows/index.ts'],
  ['providers/x/c.ts', '../../config/index.ts'],
  ['db/commands/a.ts', '../../activities/index.ts'],
  ['db/commands/b.ts', '../../config/index.ts'],
  ['db/commands/c.ts', '@temporalio/activity'],
  ['api/routes/a.ts', '../../activities/index.ts'],
  ['api/routes/b.ts', '../../db/schema/index.ts'],
  ['api/routes/c.ts', 'drizzle-orm'],
  ['api/routes/d.ts', '../../workflows/order/order.ts'],
  ['api/routes/e.ts', '../../providers/alipay/index.ts'],
  ['api/routes/f.ts', '../../config/index.ts'],
  ['api/g.ts', '@temporalio/worker'],
  ['api/server.ts', '../activities/index.ts'],
  ['temporal/a.ts', '../db/client.ts'],
  ['temporal/b.ts', '../activities/index.ts'],
  ['temporal/c.ts', '../providers/index.ts'],
  ['temporal/d.ts', '../workflows/order/order.ts'],
  ['config/a.ts', '../domain/money.ts'],
  ['sandbox/a.ts', '../domain/money.ts'],
  ['sandbox/b.ts', 'stripe'],
  ['audit/a.ts', '../domain/money.ts'],
  ['audit/b.ts', '../sandbox/app.ts'],
  ['activities/x/h.ts', 'stripe'],
  ['api/routes/g.ts', 'wechatpay-axios-plugin'],
  ['api/routes/h.ts', '@aws-sdk/client-s3'],
  ['activities/x/i.ts', '@aws-sdk/lib-storage'],
  ['sandbox/c.ts', '@aws-sdk/client-s3'],
  ['web/src/a.ts', '../../domain/money.ts'],
  ['worker.ts', './api/app.ts'],
];

/** Other sources that break a rule of a folder. */
const REFUSED: [file: string, source: string, rule: string][] = [
  [
    'domain/types.ts',
    "import type { Db } from '../db/client.ts'; export type T = Db;",
    'no-restricted-imports',
  ],
  ['domain/export.ts', "export { x } from '../workflows/x.ts';", 'no-restricted-imports'],
  ['domain/now.ts', 'export const now = () => Date.now();', 'no-restricted-properties'],
  ['domain/date.ts', 'export const now = () => new Date();', 'no-clock'],
  ['domain/text.ts', 'export const now = () => Date();', 'no-clock'],
  ['domain/random.ts', 'export const random = () => Math.random();', 'no-restricted-properties'],
  ['domain/fetch.ts', "export const get = () => fetch('http://localhost');", 'no-restricted-globals'],
  [
    'sandbox/types.ts',
    "import type { O } from '../domain/money.ts'; export type T = O;",
    'no-restricted-imports',
  ],
  ...['domain', 'workflows', 'activities', 'providers', 'db', 'api', 'temporal'].map(
    (folder): [string, string, string] => [
      `${folder}/env.ts`,
      "export const env = process.env['X'];",
      'no-process-env',
    ],
  ),
  ['db/cycle/a.ts', "import { b } from './b.ts'; export const a = () => b;", 'no-cycle'],
  ['db/cycle/b.ts', "import { a } from './a.ts'; export const b = () => a;", 'no-cycle'],
];

/** What the layout allows, close to what it refuses. */
const ALLOWED: [file: string, source: string][] = [
  ['domain/ok.ts', "import { o } from './other/x.ts'; export const ok = () => [o, new Date(0)];"],
  ['domain/ok.test.ts', "import { o } from '../test/support/pricing.ts'; export const ok = o;"],
  ['workflows/ok.ts', "import type { A } from '../activities/index.ts'; export type Ok = A;"],
  [
    'workflows/now.ts',
    "import { sleep } from '@temporalio/workflow'; export const ok = () => [sleep, Date.now()];",
  ],
  ['activities/x/ok.ts', "import { o } from '../../providers/payments/close.ts'; export const ok = o;"],
  ['activities/x/db.ts', "import { o } from '../../db/commands/inbox.ts'; export const ok = o;"],
  ['providers/ok.ts', "import type { Config } from '../config/index.ts'; export type Ok = Config;"],
  ['db/commands/ok.ts', "import { o } from '../../domain/order/steps/holds.ts'; export const ok = o;"],
  ['api/routes/ok.ts', "import { o } from '../../db/queries/orders.ts'; export const ok = o;"],
  ['api/ok.ts', "import { o } from '../workflows/order/messages.ts'; export const ok = o;"],
  [
    'temporal/ok.ts',
    "import type { order } from '../workflows/order/order.ts'; export type Ok = typeof order;",
  ],
  ['config/ok.ts', "export const ok = process.env['OK'];"],
  ['cli/ok.ts', "export const ok = process.env['OK'];"],
];

const importing = (specifier: string): string => `import { x } from '${specifier}'; export const y = x;`;

describe('the linter keeps the layout', () => {
  const tree = mkdtempSync(join(tmpdir(), 'dingdan-boundaries-'));
  const found = new Map<string, string[]>();

  beforeAll(async () => {
    const imports = REFUSED_IMPORTS.map(([file, specifier]) => [file, importing(specifier)] as const);
    const sources = [...imports, ...REFUSED, ...ALLOWED];
    cpSync('.oxlintrc.json', join(tree, '.oxlintrc.json'));
    cpSync('lint', join(tree, 'lint'), { recursive: true });
    for (const [file, source] of sources) {
      mkdirSync(dirname(join(tree, file)), { recursive: true });
      writeFileSync(join(tree, file), `${source}\n`);
    }
    const { stdout } = await execa('oxlint', ['--format', 'json'], {
      cwd: tree,
      preferLocal: true,
      localDir: process.cwd(),
      reject: false,
    });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
    for (const { filename, code } of diagnostics) {
      const file = filename.replaceAll('\\', '/');
      found.set(file, [...(found.get(file) ?? []), code]);
    }
  });
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  it.each(REFUSED_IMPORTS)('refuses that %s imports %s', (file) => {
    expect(found.get(file)?.join()).toContain('no-restricted-imports');
  });
  it.each(REFUSED)('refuses %s: %s', (file, _source, rule) => {
    expect(found.get(file)?.join()).toContain(rule);
  });
  it.each(ALLOWED)('allows %s: %s', (file) => {
    expect(found.get(file)).toBeUndefined();
  });
});
