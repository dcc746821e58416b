import type { AfterSaleRepresentation } from '../../api/representations/after-sale.ts';
import type { ShopClient } from '../../cli/shop-client.ts';
import type { Buyer } from './world.ts';

/** What the sides of an after-sale case do. */

export type Case = AfterSaleRepresentation;

export const RETURN_ADDRESS = '杭州市余杭区文一西路 1 号 售后组 400-100-0001';

export const applyFor = (
  buyer: Buyer,
  orderNo: string,
  kind: Case['kind'],
  lines: { lineNo: number; quantity: number; wantSkuId?: string }[],
  reason = 'defective',
): Promise<Case> => buyer.post(`/orders/${orderNo}/after-sales`, { kind, reason, words: '壶嘴裂了', lines });

export const readCase = (client: Pick<ShopClient, 'get'>, caseNo: string): Promise<Case> =>
  client.get<Case>(`/after-sales/${caseNo}`);

export const buyerActs = (buyer: ShopClient, caseNo: string, command: object) =>
  buyer.post(`/after-sales/${caseNo}/actions`, command);

export const merchantActs = (merchant: ShopClient, caseNo: string, command: object) =>
  merchant.post(`/merchant/after-sales/${caseNo}/actions`, command);

/** Agreed with an address, and on its way back. */
export async function sentBack(buyer: Buyer, merchant: ShopClient, caseNo: string): Promise<void> {
  await merchantActs(merchant, caseNo, { do: 'agree', returnTo: RETURN_ADDRESS });
  await buyerActs(buyer, caseNo, { do: 'send_back', carrier: 'shunfeng', trackingNo: 'SF2000000000001' });
}

/** Everything came back as it was sent. */
export const inspected = (theCase: Case, more: object = {}) => ({
  do: 'pass',
  dispositions: theCase.lines.map(({ lineNo, quantity }) => ({
    ...{ lineNo, sellable: quantity, damaged: 0, lost: 0 },
  })),
  ...more,
});
