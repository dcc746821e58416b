import type { AfterSaleRepresentation } from '../../api/representations/after-sale.ts';
import type { ShopClient } from '../../cli/shop-client.ts';
import { type Buyer, eventually, newTrackingNo, type Order, waitFor } from './world.ts';

/** What the sides of an after-sale case do, and what becomes of it. */

export type Case = AfterSaleRepresentation;
type Reader = Pick<ShopClient, 'get'>;

export const RETURN_ADDRESS = '杭州市余杭区文一西路 1 号 售后组 400-100-0001';

interface Application {
  kind: Case['kind'];
  reason: string;
  lines: { lineNo: number; quantity: number; wantSkuId?: string }[];
}

/** Applies for the return of one defective piece, unless said otherwise. */
export const applyFor = (
  buyer: Buyer,
  orderNo: string,
  more: Partial<Application> = {},
  key?: string,
): Promise<Case> => {
  const lines = [{ lineNo: 1, quantity: 1 }];
  const application = { kind: 'return_refund', reason: 'defective', words: '壶嘴裂了', lines, ...more };
  return buyer.post(`/orders/${orderNo}/after-sales`, application, key);
};

export const readCase = (client: Reader, caseNo: string): Promise<Case> =>
  client.get<Case>(`/after-sales/${caseNo}`);

/** Reads the case until it is as wanted. */
export const caseWhen = (
  client: Reader,
  caseNo: string,
  wanted: (theCase: Case) => boolean | undefined,
  timeoutMs?: number,
): Promise<Case> =>
  eventually(
    async () => {
      const now = await readCase(client, caseNo);
      return wanted(now) ? now : undefined;
    },
    `case ${caseNo}`,
    timeoutMs,
  );

export const caseIn = (client: Reader, caseNo: string, wanted: Case['state']): Promise<Case> =>
  caseWhen(client, caseNo, ({ state }) => state === wanted);

/** The order, once so much of it has been refunded. */
export const refunded = (buyer: ShopClient, orderNo: string, amountFen: number): Promise<Order> =>
  waitFor(buyer, orderNo, ({ amounts }) => amounts.refundedFen === amountFen, 30_000);

export const buyerActs = (buyer: ShopClient, caseNo: string, command: object) =>
  buyer.post(`/after-sales/${caseNo}/actions`, command);

export const merchantActs = (merchant: ShopClient, caseNo: string, command: object) =>
  merchant.post(`/merchant/after-sales/${caseNo}/actions`, command);

/** The platform's ruling; `proposed` if a second person has to approve it. */
export const platformDecides = (service: ShopClient, caseNo: string, ruling: object) =>
  service.post<{ result: string }>(`/platform/after-sales/${caseNo}/decisions`, {
    words: '证据充分',
    ...ruling,
  });

export const sendBack = (trackingNo: string = newTrackingNo()) => ({
  ...{ do: 'send_back', carrier: 'shunfeng', trackingNo },
});

/** Agreed with an address, and on its way back. */
export async function sentBack(
  buyer: ShopClient,
  merchant: ShopClient,
  caseNo: string,
  trackingNo?: string,
): Promise<void> {
  await merchantActs(merchant, caseNo, { do: 'agree', returnTo: RETURN_ADDRESS });
  await buyerActs(buyer, caseNo, sendBack(trackingNo));
}

/** Everything came back as it was sent. */
export const inspected = ({ lines }: Pick<Case, 'lines'>, more: object = {}) => ({
  do: 'pass',
  dispositions: lines.map(({ lineNo, quantity }) => ({
    ...{ lineNo, sellable: quantity, damaged: 0, lost: 0 },
  })),
  ...more,
});
