import { connect } from '../db/client.ts';
import * as t from '../db/schema/index.ts';

export interface SeedTimes {
  paymentTimeoutSeconds: number;
  autoReceiptSeconds: number;
  settleAfterSeconds: number;
}

const ORDINARY: SeedTimes = {
  paymentTimeoutSeconds: 1800,
  autoReceiptSeconds: 10 * 86_400,
  settleAfterSeconds: 86_400,
};
const FOREVER = new Date('2099-12-31T16:00:00Z');
const OPENED = new Date('2026-01-01T00:00:00Z');

/**
 * The catalogue of the local stack: two merchants with a shop each, a third shop whose periods are `quick`, a fourth whose
 * warehouses have a system, promotions, freight, contracts, stock. Safe to run again: what exists stays as it is.
 */
export async function seedDemo(databaseUrl: string, quick: SeedTimes = ORDINARY): Promise<void> {
  const { db, close } = connect(databaseUrl, 1);
  try {
    await db
      .insert(t.merchants)
      .values([
        {
          ...{ merchantId: 'M1', name: '青禾自营', contact: '400-100-0001' },
          sender: { name: '青禾仓', phone: '4001000001', address: '浙江省杭州市余杭区文一西路 1 号' },
        },
        {
          ...{ merchantId: 'M2', name: '南山书局', contact: '400-100-0002' },
          sender: { name: '南山仓', phone: '4001000002', address: '广东省深圳市南山区科技南十二路 2 号' },
        },
      ])
      .onConflictDoNothing();
    const methods = { paymentMethods: ['alipay_qr', 'alipay_page', 'wechat_native', 'wechat_jsapi', 'card'] };
    const { settleAfterSeconds, ...quickShop } = quick;
    await db
      .insert(t.shops)
      .values([
        { shopId: 'S1', merchantId: 'M1', name: '青禾生活', kind: 'self_operated', ...methods },
        {
          shopId: 'S2',
          merchantId: 'M2',
          name: '南山书店',
          kind: 'third_party',
          paymentTimeoutSeconds: 86_400,
          autoReceiptSeconds: 7 * 86_400,
          ...methods,
        },
        { shopId: 'S3', merchantId: 'M1', name: '青禾闪购', kind: 'self_operated', ...quickShop, ...methods },
        {
          shopId: 'S4',
          merchantId: 'M1',
          name: '青禾家居',
          kind: 'self_operated',
          reviewRules: { amountFen: 500_000n, newBuyerFen: 300_000n, regions: ['65'] },
          ...methods,
        },
      ])
      .onConflictDoNothing();
    await db
      .insert(t.warehouses)
      .values([
        { warehouseId: 'W1', name: '青禾门店仓', region: '31', system: null },
        { warehouseId: 'W2', name: '华东仓', region: '31', system: 'qimen' },
        { warehouseId: 'W3', name: '华南仓', region: '44', system: 'qimen' },
      ])
      .onConflictDoNothing();
    await db
      .insert(t.contracts)
      .values(
        ['M1', 'M2'].map((merchantId) => ({
          contractId: `C-${merchantId}`,
          merchantId,
          validFrom: OPENED,
          validTo: null,
          settleAfterSeconds,
          commissionBps: { default: 500, books: 300 },
        })),
      )
      .onConflictDoNothing();
    await db
      .insert(t.freightTemplates)
      .values([
        template(
          'F1',
          'S1',
          'piece',
          { firstUnits: 1, firstFen: 800n, additionalUnits: 1, additionalFen: 200n },
          9_900n,
        ),
        template(
          'F2',
          'S2',
          'weight',
          { firstUnits: 1000, firstFen: 600n, additionalUnits: 500, additionalFen: 200n },
          null,
        ),
        template(
          'F4',
          'S4',
          'piece',
          { firstUnits: 1, firstFen: 1_000n, additionalUnits: 1, additionalFen: 300n },
          19_900n,
        ),
        template(
          'F3',
          'S3',
          'piece',
          { firstUnits: 1, firstFen: 0n, additionalUnits: 1, additionalFen: 0n },
          null,
        ),
      ])
      .onConflictDoNothing();
    await seedSkus(db);
    await db
      .insert(t.promotions)
      .values([
        {
          promotionId: 'P-SHOP-200-50',
          name: '店铺满200减50',
          scope: { kind: 'shop', shopId: 'S1' },
          issuer: 'shop',
          tiers: [{ thresholdFen: 20_000n, saveFen: 5_000n }],
          validFrom: OPENED,
          validTo: FOREVER,
        },
        {
          promotionId: 'P-ALL-300-30',
          name: '跨店满300减30',
          scope: { kind: 'platform' },
          issuer: 'platform',
          tiers: [{ thresholdFen: 30_000n, saveFen: 3_000n }],
          validFrom: OPENED,
          validTo: FOREVER,
        },
      ])
      .onConflictDoNothing();
    await db
      .insert(t.memberLevels)
      .values([
        { level: 'standard', percent: 100 },
        { level: 'gold', percent: 95 },
      ])
      .onConflictDoNothing();
  } finally {
    await close();
  }
}

async function seedSkus(db: ReturnType<typeof connect>['db']): Promise<void> {
  const sku = (
    skuId: string,
    shopId: string,
    title: string,
    spec: string,
    category: string,
    priceFen: bigint,
    more: Partial<typeof t.skus.$inferInsert> = {},
  ) => ({
    skuId,
    shopId,
    title,
    spec,
    category,
    priceFen,
    weightGrams: 500,
    volumeCm3: 2000,
    freightTemplateId: `F${shopId.slice(1)}`,
    inventoryMode: 'reserve' as const,
    ratingHundredths: 470,
    ...more,
  });
  const skus = [
    sku('TEA-100', 'S1', '明前龙井 100 克', '罐装', 'tea', 10_000n),
    sku('TEA-250', 'S1', '明前龙井 250 克', '礼盒', 'tea', 23_800n, { memberPriceEligible: true }),
    sku('CUP-WHITE', 'S1', '白瓷盖碗', '150 毫升', 'porcelain', 6_800n, { weightGrams: 320 }),
    sku('CUP-LARGE', 'S1', '白瓷盖碗', '220 毫升', 'porcelain', 8_800n, { weightGrams: 410 }),
    sku('BOOK-POEMS', 'S2', '唐诗三百首', '精装', 'books', 8_800n, { weightGrams: 720 }),
    sku('BOOK-TEA', 'S2', '茶经校注', '平装', 'books', 4_200n, { weightGrams: 410 }),
    sku('PHONE-X', 'S1', '山海手机 X', '256 GB 黑', 'phones', 399_900n, { inventoryMode: 'on_payment' }),
    sku('PHONE-Y', 'S1', '山海手机 Y', '128 GB 白', 'phones', 299_900n),
    sku('LAMP-DESK', 'S4', '竹影台灯', '暖光', 'home', 15_900n),
    sku('KETTLE', 'S4', '铸铁壶', '1.2 升', 'home', 26_900n),
    sku('FLASH-SNACK', 'S3', '坚果礼包', '1 千克', 'snacks', 5_900n),
  ];
  await db.insert(t.skus).values(skus).onConflictDoNothing();
  const pieces: Record<string, number> = { 'PHONE-X': 5 };
  for (const { skuId, shopId } of skus)
    await openStock(db, skuId, shopId === 'S4' ? 'W2' : 'W1', pieces[skuId] ?? 1000);
  for (const skuId of ['LAMP-DESK', 'KETTLE']) await openStock(db, skuId, 'W3', 200);
}

/** Opening stock with its movement (IN-7); nothing if the SKU has stock there already. */
export async function openStock(
  db: ReturnType<typeof connect>['db'],
  skuId: string,
  warehouseId: string,
  onHand: number,
): Promise<void> {
  const [row] = await db
    .insert(t.stockLevels)
    .values({ skuId, warehouseId, onHand })
    .onConflictDoNothing()
    .returning();
  if (!row) return;
  await db
    .insert(t.stockMovements)
    .values({ skuId, warehouseId, cause: 'opening', onHandDelta: onHand, reservedDelta: 0, at: new Date() });
}

function template(
  freightTemplateId: string,
  shopId: string,
  measure: 'piece' | 'weight',
  rate: { firstUnits: number; firstFen: bigint; additionalUnits: number; additionalFen: bigint },
  freeAboveFen: bigint | null,
) {
  return {
    freightTemplateId,
    shopId,
    measure,
    rates: { default: rate },
    freeAboveFen,
    freeAbovePieces: null,
    undeliverableRegions: ['71', '81', '82'],
  };
}
