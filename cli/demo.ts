import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Stage } from './demo/stage.ts';
import { startStack } from './stack/index.ts';

/** `npm run demo`: starts everything, tells its stories through the HTTP API, ends 0 only if every check held. */
const { values } = parseArgs({ options: { json: { type: 'string' } } });

/** Periods short enough to watch; by default they are half an hour, ten days and a day. */
const QUICK = { paymentTimeoutSeconds: 6, autoReceiptSeconds: 4, settleAfterSeconds: 2 };

console.log('Dingdan: starting PostgreSQL, Temporal, the providers’ sandbox, the worker and the API …');
const stack = await startStack({
  ephemeral: true,
  env: {
    SETTLEMENT_INTERVAL_SECONDS: '2',
    SWEEP_INTERVAL_SECONDS: '2',
    PARCEL_WATCH_INTERVAL_SECONDS: '1',
    // A carrier's day passes in two seconds.
    PARCEL_TIME_DIVISOR: '43200',
    SANDBOX_CLOCK_MULTIPLIER: '3',
  },
  log: (line) => console.log(`  ${line}`),
  prepareDatabase: async (databaseUrl) => {
    const [{ migrate }, { seedDemo }] = await Promise.all([import('../db/migrate.ts'), import('./seed.ts')]);
    await migrate(databaseUrl);
    await seedDemo(databaseUrl, QUICK);
  },
});

const stage = new Stage(stack);
let status = 0;
try {
  const [forward, trouble, payments, refunds, parcels, warehouse, afterSales, closing] = await Promise.all([
    import('./demo/forward.ts'),
    import('./demo/trouble.ts'),
    import('./demo/payments.ts'),
    import('./demo/refunds.ts'),
    import('./demo/parcels.ts'),
    import('./demo/warehouse.ts'),
    import('./demo/after-sales.ts'),
    import('./demo/closing.ts'),
  ]);
  await forward.wholeLife(stage);
  await forward.twoShops(stage);
  await trouble.timeout(stage);
  await trouble.cancel(stage);
  await trouble.shortage(stage);
  await trouble.declined(stage);
  await forward.autoReceipt(stage);
  await trouble.lateMoney(stage);
  await payments.fiveMethods(stage);
  await payments.declinedCard(stage);
  await refunds.partialRefunds(stage);
  await refunds.refusedRefund(stage);
  await payments.lowerPrice(stage);
  await parcels.silentParcel(stage);
  await warehouse.byItself(stage);
  await warehouse.intercepted(stage);
  await warehouse.hasLeft(stage);
  await warehouse.shortOfALine(stage);
  await warehouse.twoParcels(stage);
  await afterSales.disputed(stage);
  await afterSales.exchanged(stage);
  await parcels.sharedParcel(stage);
  await closing.balance(stage);
  await closing.agreement(stage);
  const report = await stage.report();
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  status = stage.failures === 0 ? 0 : 1;
  const events = report.map((row) => Number(row['historyEvents']));
  console.log(
    `\n${report.length} order nodes, at most ${Math.max(...events)} history events each. ${status === 0 ? 'Every check held.' : `${stage.failures} checks did not hold.`}`,
  );
  if (status === 0) console.log('`npm start` keeps the stack running; README.md goes on from there.');
} catch (error) {
  console.error(`\nThe demo broke off: ${(error as Error).stack}`);
  status = 1;
} finally {
  await stack.stop();
}
process.exit(status);
