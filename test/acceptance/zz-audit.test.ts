import { eq } from 'drizzle-orm';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type AuditReport, audit } from '../../audit/audit.ts';
import * as t from '../../db/schema/index.ts';
import { liftFaults, open, PROVIDER_WAYS, payAt, payBy, qimen, type Way } from '../support/providers.ts';
import { decided, givenInWarehouse } from '../support/warehouses.ts';
import {
  database,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  type Order,
  stack,
  staff,
  submit,
  waitFor,
} from '../support/world.ts';

// Named to run last: what it looks at is everything the other files did.

const PATIENCE_MS = 60_000;

/** Looks until nothing moves any more; the last report, clean or not. */
async function auditAtRest(): Promise<AuditReport> {
  let report = await audit(stack());
  const isClean = async () => {
    report = await audit(stack());
    return report.findings.length === 0;
  };
  await eventually(isClean, 'an audit without findings', PATIENCE_MS).catch(() => undefined);
  return report;
}

const refunded = ({ refunds }: Order) => refunds.some(({ state }) => state === 'succeeded');

/** A paid order of which a part was given back, and a wrong sum that was: our number of the first. */
async function givenMoney(way: Way): Promise<string> {
  const [buyer, skuId] = [await newBuyer(), await givenSku(await givenShop(), 2)];
  const { order, outTradeNo } = await payBy(buyer, await submit(buyer, { [skuId]: 1 }), way);
  const part = { amountFen: 1_234, reason: '补偿' };
  await (await staff('finance')).post(`/platform/orders/${order.orderNo}/refunds`, part);
  const other = await submit(buyer, { [skuId]: 1 });
  await payAt(way, (await open(buyer, other, way)).outTradeNo, { amountFen: 4_321 });
  await waitFor(buyer, order.orderNo, refunded);
  await waitFor(buyer, other, refunded);
  return outTradeNo;
}

/** A shipment that was stopped in its warehouse, and one that left it: the number of that one. */
async function givenShipments(): Promise<string> {
  const stopped = await givenInWarehouse();
  await stopped.buyer.post(`/orders/${stopped.orderNo}/cancellations`, {});
  await decided(stopped.buyer, stopped.orderNo);
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse();
  await qimen.advance(shipmentNo, 'handed_over');
  await waitFor(buyer, orderNo, ({ state }) => state === 'awaiting_receipt');
  return shipmentNo;
}

test('I1 I2 I3 I5 database and providers’ own books agree on everything, once nothing moves any more', {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  await Promise.all(PROVIDER_WAYS.map(({ provider }) => liftFaults(provider)));
  await qimen.release();
  for (const way of PROVIDER_WAYS) await givenMoney(way);
  await givenShipments();
  const { checked, findings } = await auditAtRest();
  expect(findings).toEqual([]);
  const { inbox: _, workItems: __, ...sure } = checked;
  expect(Object.entries(sure).filter(([, count]) => count === 0)).toEqual([]);
});

test.each(PROVIDER_WAYS)(
  'I2 I5 a fen behind the product’s back is found: $provider',
  {
    timeout: 2 * PATIENCE_MS,
  },
  async (way) => {
    const outTradeNo = await givenMoney(way);
    await auditAtRest();
    const ours = eq(t.payments.outTradeNo, outTradeNo);
    const [payment] = await database().select().from(t.payments).where(ours);
    const receivedFen = payment?.receivedFen ?? null;
    try {
      await database()
        .update(t.payments)
        .set({ receivedFen: (receivedFen ?? 0n) - 1n })
        .where(ours);
      const { findings } = await audit(stack());
      const subject = `trade ${way.provider}/${outTradeNo}`;
      expect(findings.filter((finding) => finding.subject === subject)).toMatchObject([
        { invariant: 'I2' },
        { invariant: 'I5', problem: expect.stringContaining('though we acknowledged') },
      ]);
    } finally {
      await database().update(t.payments).set({ receivedFen }).where(ours);
    }
  },
);

test('I1 another number of a parcel behind the product’s back is found', {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  const shipmentNo = await givenShipments();
  await auditAtRest();
  const ours = eq(t.shipments.shipmentNo, shipmentNo);
  const [shipment] = await database().select().from(t.shipments).where(ours);
  try {
    await database().update(t.shipments).set({ trackingNo: 'SF0000000000000' }).where(ours);
    const { findings } = await audit(stack());
    const subject = `shipment ${shipmentNo}`;
    expect(findings.filter((finding) => finding.subject === subject)).toMatchObject([
      { invariant: 'I1', problem: expect.stringContaining('by our rows it has not') },
      { invariant: 'I1', problem: expect.stringContaining('by the warehouse it has not') },
    ]);
  } finally {
    await database()
      .update(t.shipments)
      .set({ trackingNo: shipment?.trackingNo ?? null })
      .where(ours);
  }
});

test('I2 I3 I5 `npm run audit` says what it looked at and ends well', async () => {
  const { databaseUrl, sandboxUrl } = stack();
  const { exitCode, stdout } = await execa(process.execPath, ['--import', 'tsx', 'audit/index.ts'], {
    env: { DATABASE_URL: databaseUrl, SANDBOX_URL: sandboxUrl },
  });
  expect(stdout).toMatch(
    /^Looked at \d+ orders, .*\nI1 .*: holds\nI2 .*: holds\nI3 .*: holds\nI5 .*: holds$/s,
  );
  expect(exitCode).toBe(0);
});
