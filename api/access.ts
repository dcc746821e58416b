import type { OrderRow } from '../db/queries/orders.ts';
import { loadTree } from '../db/queries/orders.ts';
import type { Viewer } from '../domain/order/actions.ts';
import type { Principal } from './auth/principal.ts';
import type { Deps } from './context.ts';
import { Problem } from './errors.ts';

/** An order someone may see: the node asked for, the tree around it, and as whom they see it. */
export interface Access {
  node: OrderRow;
  /** The node and what is below it, by order number. */
  subtree: OrderRow[];
  tree: OrderRow[];
  viewer: Viewer;
}

/**
 * The order if the caller may see it (ID-2, SP-10): its buyer, the merchant of that very leaf, platform staff. To
 * everyone else it does not exist.
 */
export async function accessOrder(deps: Deps, principal: Principal, orderNo: string): Promise<Access> {
  const tree = await loadTree(deps.db, orderNo);
  const node = tree.find((candidate) => candidate.orderNo === orderNo);
  const viewer = node && viewerOf(principal, node);
  if (!node || !viewer) throw new Problem('not_found', `There is no order ${orderNo} for you.`);
  return { node, subtree: tree.filter((candidate) => candidate.orderNo.startsWith(orderNo)), tree, viewer };
}

/** The same for one who must be its buyer. */
export async function accessOwnOrder(deps: Deps, principal: Principal, orderNo: string): Promise<Access> {
  const access = await accessOrder(deps, principal, orderNo);
  if (access.viewer !== 'buyer') throw new Problem('not_found', `There is no order ${orderNo} for you.`);
  return access;
}

/** The same for one who must be the merchant of the leaf. */
export async function accessMerchantOrder(
  deps: Deps,
  principal: Principal,
  orderNo: string,
): Promise<Access> {
  const access = await accessOrder(deps, principal, orderNo);
  if (access.viewer !== 'merchant') throw new Problem('not_found', `There is no order ${orderNo} for you.`);
  return access;
}

/** As whom the caller sees what is a buyer's and a merchant's, or undefined. */
export function viewerOf(
  principal: Principal,
  node: Pick<OrderRow, 'buyerId' | 'merchantId'>,
): Viewer | undefined {
  if (node.buyerId === principal.sub) return 'buyer';
  if (principal.roles.has('merchant') && node.merchantId !== null && node.merchantId === principal.merchantId)
    return 'merchant';
  const staff = ['customer_service', 'finance', 'operations'] as const;
  return staff.some((role) => principal.roles.has(role)) ? 'platform' : undefined;
}
