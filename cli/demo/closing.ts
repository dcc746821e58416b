import { audit } from '../../audit/audit.ts';
import { reportOf } from '../../audit/report.ts';
import type { Stage } from './stage.ts';

const AUDIT_PATIENCE_MS = 25_000;

/** The books, from the vouchers alone (FN-2). */
export async function balance(stage: Stage): Promise<void> {
  stage.story('23. The books, from the vouchers alone');
  const finance = await stage.staff('13900000012');
  const { accounts } = await finance.get<{ accounts: { account: string; balanceFen: number }[] }>(
    '/platform/accounts',
  );
  for (const { account, balanceFen } of accounts)
    stage.say(`    ${account.padEnd(24)} ${(balanceFen / 100).toFixed(2).padStart(10)}`);
  stage.check(
    'debits and credits are equal',
    accounts.reduce((sum, { balanceFen }) => sum + balanceFen, 0) === 0,
  );
  const stray = accounts.find(({ account }) => account === 'unallocated')?.balanceFen ?? 0;
  stage.check('no stray money is left', stray === 0);
}

/** An auditor that shares no code with the shop compares its rows with the providers’ own books. */
export async function agreement(stage: Stage): Promise<void> {
  stage.story('24. The auditor: our books against those of Alipay, WeChat Pay and Stripe');
  // Settlement still runs, and what is read before it differs from what is read after: what is wrong stays wrong.
  const giveUpMs = Date.now() + AUDIT_PATIENCE_MS;
  const report = await stage.wait('the audit', async () => {
    const latest = await audit(stage.stack);
    return latest.findings.length === 0 || Date.now() > giveUpMs ? latest : undefined;
  });
  for (const line of reportOf(report).trimEnd().split('\n')) stage.say(`    ${line}`);
  stage.check('it found nothing', report.findings.length === 0);
}
