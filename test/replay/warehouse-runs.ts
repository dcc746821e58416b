import { shipmentWorkflowId } from '../../workflows/order/messages.ts';
import { qimen } from '../support/providers.ts';
import {
  decided,
  givenInWarehouse,
  givenSkuIn,
  givenWarehouse,
  type InWarehouse,
  pushed,
} from '../support/warehouses.ts';
import {
  type Buyer,
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  pay,
  readOrder,
  receive,
  submit,
  waitFor,
} from '../support/world.ts';

/** Orders in every state that a warehouse or a request to stop brings: order numbers by the name of the history. */
export async function warehouseOrders(): Promise<Record<string, string>> {
  await qimen.settings({ autoAdvance: false });
  const inWarehouse = await givenInWarehouse();
  const through = await givenInWarehouse();
  await qimen.advance(through.shipmentNo, 'handed_over');
  await waitFor(through.buyer, through.orderNo, ({ state }) => state === 'awaiting_receipt');
  await receive(through.buyer, through.orderNo);
  return {
    'order-in-warehouse': inWarehouse.orderNo,
    'order-through-warehouse': through.orderNo,
    'order-warehouse-replaced': await replaced(),
    'order-warehouse-refused': await refused(),
    'order-cancel-intercepted': await stopped({}, 'agreed'),
    'order-cancel-left': await stopped({ refuseCancel: true }, 'refused'),
    'order-cancel-asking': await stopped({ pendingCancel: true }, 'asking'),
    'order-cancel-by-hand': await byHand(),
  };
}

/** An order in two warehouses, and the workflows of its shipments: workflow ids by the name of the history. */
export async function inTwoWarehouses(): Promise<{ orderNo: string; workflowIds: Record<string, string> }> {
  const [one, two] = [await givenWarehouse(), await givenWarehouse()];
  const shopId = await givenShop();
  const [first, second] = [await givenSkuIn(shopId, { [one]: 5 }), await givenSkuIn(shopId, { [two]: 5 })];
  const { buyer, orderNo } = await paid({ [first]: 1, [second]: 1 });
  const { shipments } = await waitFor(
    buyer,
    orderNo,
    (order) => order.shipments.length === 2 && order.shipments.every(({ stage }) => stage === 'accepted'),
  );
  const [left] = shipments.map(({ shipmentNo }) => shipmentNo) as [string, string];
  await qimen.advance(left, 'handed_over');
  await waitFor(buyer, orderNo, (order) => order.lines.some(({ shippedQuantity }) => shippedQuantity > 0));
  return { orderNo, workflowIds: { shipment: shipmentWorkflowId(left) } };
}

/** The near warehouse refuses, the other takes it over. */
async function replaced(): Promise<string> {
  const [near, other] = [await givenWarehouse(), await givenWarehouse({ region: '44' })];
  const skuId = await givenSkuIn(await givenShop(), { [near]: 5, [other]: 5 });
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, { [skuId]: 1 });
  await qimen.faults({ refusePush: 'no-capacity', onlyOutTradeNo: `${orderNo}S1` });
  await pay(buyer, orderNo);
  await pushed(buyer, orderNo);
  return orderNo;
}

/** No other warehouse has it: the merchant's task. */
async function refused(): Promise<string> {
  const { buyer, orderNo, shipmentNo } = await givenInWarehouse();
  await qimen.report(shipmentNo, 'EXCEPTION', '货位无货');
  await waitFor(buyer, orderNo, ({ shipments }) => shipments[0]?.stage === 'refused');
  return orderNo;
}

/** Its buyer asks to stop it; the warehouse behaves by `fault`. */
async function stopped(fault: object, state: 'agreed' | 'refused' | 'asking'): Promise<string> {
  const order = await givenInWarehouse();
  await qimen.faults({ ...fault, onlyOutTradeNo: order.shipmentNo });
  await cancel(order);
  if (state === 'asking')
    await eventually(async () => {
      const { cancellations } = await readOrder(order.buyer, order.orderNo);
      return cancellations[0]?.state === state;
    }, 'the request to be open');
  else if ((await decided(order.buyer, order.orderNo)).state !== state) throw new Error(`not ${state}`);
  return order.orderNo;
}

/** The merchant who ships by hand is asked, and has a day to prove that it has left. */
async function byHand(): Promise<string> {
  const order = await paid({ [await givenSku(await givenShop(), 5)]: 1 });
  await cancel(order);
  return order.orderNo;
}

const cancel = ({ buyer, orderNo }: Pick<InWarehouse, 'buyer' | 'orderNo'>) =>
  buyer.post(`/orders/${orderNo}/cancellations`, { reason: 'changed my mind' });

async function paid(pieces: Record<string, number>): Promise<{ buyer: Buyer; orderNo: string }> {
  const buyer = await newBuyer();
  const orderNo = await submit(buyer, pieces);
  await pay(buyer, orderNo);
  return { buyer, orderNo };
}
