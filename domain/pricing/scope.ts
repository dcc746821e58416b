import type { BasketLine, Scope } from './types.ts';

/** The three levels at which promotions and coupons act, narrow to wide (decision 2). */
export type Level = 'item' | 'shop' | 'platform';

/** Category and item benefits share one step; shop and platform have their own. */
export function levelOf(scope: Scope): Level {
  return scope.kind === 'category' ? 'item' : scope.kind;
}

/** Whether a promotion or coupon of this scope concerns the line (CK-4, CK-5). Categories match exactly. */
export function inScope(line: BasketLine, scope: Scope): boolean {
  switch (scope.kind) {
    case 'platform':
      return true;
    case 'shop':
      return line.shopId === scope.shopId;
    case 'category':
      return line.category === scope.category && (scope.shopId === undefined || line.shopId === scope.shopId);
    case 'item':
      return scope.skuIds.includes(line.skuId);
  }
}
