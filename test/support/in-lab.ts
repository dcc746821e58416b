import { afterAll, beforeAll, beforeEach } from 'vitest';
import * as t from '../../db/schema/index.ts';
import { refundWorkflowId } from '../../workflows/order/messages.ts';
import { Bench, WAREHOUSE } from '../contract/qimen-fixture.ts';
import { Lab } from './lab.ts';
import { givenSkuIn } from './warehouses.ts';
import { type Buyer, givenShop, newBuyer, type Order, pay, stack, submit, waitFor } from './world.ts';

/** What workflow tests share: a lab with a warehouse beside it, orders there, and refunds that come to their end. */

export interface LabWithWarehouse {
  lab: Lab;
  warehouse: Bench;
}

/** Opens both for the tests of a file and hands them over; every test begins with a warehouse that answers. */
export function useWarehouse(take: (opened: LabWithWarehouse) => void): void {
  let lab: Lab;
  let warehouse: Bench;
  beforeAll(async () => {
    lab = await Lab.open();
    warehouse = await new Bench({ notifyUrl: `${stack().apiUrl}/v1/callbacks/qimen` }).open();
    await lab.db
      .insert(t.warehouses)
      .values({ warehouseId: WAREHOUSE, name: WAREHOUSE, region: '31', system: 'qimen' });
    take({ lab, warehouse });
  });
  beforeEach(() => void lab.systems.set('qimen', warehouse.warehouse));
  afterAll(async () => {
    await lab.close();
    await warehouse.close();
  });
}

/** A paid order of one piece that lies in that warehouse. */
export async function paidInWarehouse(
  shop: Parameters<typeof givenShop>[0] = {},
): Promise<{ buyer: Buyer; orderNo: string; shipmentNo: string }> {
  const skuId = await givenSkuIn(await givenShop(shop), { [WAREHOUSE]: 10 });
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await pay(buyer, orderNo);
  return { buyer, orderNo, shipmentNo: `${orderNo}S1` };
}

/** Once the order is as wanted, awaits the ends of its refunds: they outlive it, for which the server keeps time still. */
export async function refundsEnd(
  lab: Lab,
  buyer: Buyer,
  orderNo: string,
  wanted: (order: Order) => boolean = ({ refunds }) => refunds.length > 0,
): Promise<void> {
  const { refunds } = await waitFor(buyer, orderNo, wanted);
  for (const { refundNo } of refunds) await lab.endOfOutliving(refundWorkflowId(refundNo));
}
