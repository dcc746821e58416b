import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execa } from 'execa';
import { describe, expect, it, test } from 'vitest';
import { check } from './audit.ts';
import { auditAcknowledged, INBOX_PATIENCE_MS } from './endings.ts';
import type { Amounts, Facts, Finding, Line, Order, Shipment, Trade, Voucher } from './facts.ts';
import { acceptedNotices, readCarrierWaybills, readDeliveries, readLedgers } from './ledgers.ts';
import { mismatchedTrades } from './money.ts';
import { reportOf } from './report.ts';
import { PUSH_PATIENCE_MS } from './turns.ts';

const amounts = (payableFen: bigint, pointsFen = 0n): Amounts => ({
  goodsFen: payableFen + pointsFen,
  discountFen: 0n,
  shopDiscountFen: 0n,
  freightFen: 0n,
  points: pointsFen,
  pointsFen,
  payableFen,
});

const order = (orderNo: string, state: string, more: Partial<Order> = {}): Order => ({
  orderNo,
  kind: 'single',
  rootNo: orderNo,
  parentNo: null,
  state,
  amounts: amounts(10_000n),
  priceCutFen: 0n,
  freightCutFen: 0n,
  givenBackFen: 0n,
  isReplacement: false,
  creditFen: 0n,
  movedOutFen: 0n,
  goodwillFen: 0n,
  isPaid: state !== 'awaiting_payment',
  review: 'confirmed',
  dispatch: 'done',
  cancellationNo: null,
  ...more,
});

const voucher = (
  voucherNo: string,
  kind: string,
  orderNo: string,
  cause: string,
  postings: [debit: string, credit: string, amountFen: bigint][],
  more: Partial<Voucher> = {},
): Voucher => ({
  voucherNo,
  kind,
  orderNo,
  rootNo: orderNo,
  cause,
  reverses: null,
  postings: postings.map(([debit, credit, amountFen]) => ({ debit, credit, amountFen })),
  ...more,
});

const line = (orderNo: string, carried = amounts(10_000n), more: Partial<Line> = {}): Line => ({
  orderNo,
  lineNo: 1,
  skuId: 'S1',
  warehouseId: 'W1',
  quantity: 1,
  inventoryMode: 'reserve',
  amounts: carried,
  planned: 0,
  shipped: 0,
  reversed: 0,
  returned: 0,
  ...more,
});

const shipment = (shipmentNo: string, stage: string, more: Partial<Shipment> = {}): Shipment => ({
  shipmentNo,
  orderNo: shipmentNo.slice(0, shipmentNo.indexOf('S')),
  stage,
  warehouseId: 'W1',
  partOf: null,
  carrier: null,
  trackingNo: null,
  ageMs: 1_000,
  lines: [{ lineNo: 1, quantity: 1 }],
  ...more,
});

const delivery = (
  shipmentNo: string,
  stage: string,
  ...parcels: [trackingNo: string, quantity: number][]
) => ({
  shipmentNo,
  warehouseCode: 'W1',
  stage,
  parcels: parcels.map(([trackingNo, quantity]) => ({
    logisticsCode: 'ZTO',
    trackingNo,
    lines: [{ lineNo: 1, quantity }],
  })),
});

const moved = (orderNo: string | null, cause: string, onHandDelta: number, reservedDelta: number) => ({
  skuId: 'S1',
  warehouseId: 'W1',
  orderNo,
  cause,
  onHandDelta,
  reservedDelta,
});

/**
 * A shop's small history in which all is right: `A` waits for payment; `B` is paid, has a price cut, points, and a
 * partial refund by hand, and is in a warehouse after another has refused it; `C` is a joint order of two children, of
 * which one has left in two parcels and one was stopped and refunded in full; `D` was cancelled and paid twice too late,
 * once given back and once with a person.
 */
function soundFacts(): Facts {
  const child = { kind: 'child', rootNo: 'C', parentNo: 'C' } as const;
  const underC = { rootNo: 'C' };
  return {
    orders: [
      order('A', 'awaiting_payment'),
      order('B', 'awaiting_shipment', {
        amounts: amounts(10_000n, 500n),
        priceCutFen: 1_000n,
        givenBackFen: 300n,
      }),
      order('C', 'split', { kind: 'parent', amounts: amounts(16_000n) }),
      order('C1', 'completed', { ...child, amounts: amounts(10_000n) }),
      order('C2', 'cancelled', { ...child, amounts: amounts(6_000n), givenBackFen: 6_000n }),
      order('D', 'cancelled', { isPaid: false }),
    ],
    lines: [
      line('A'),
      line('B', amounts(10_000n, 500n), { planned: 1 }),
      line('C1', amounts(10_000n), { quantity: 3, shipped: 3 }),
      line('C2', amounts(6_000n), { reversed: 1 }),
      line('D'),
    ],
    payments: [
      {
        outTradeNo: 'AP1',
        orderNo: 'A',
        provider: 'alipay',
        amountFen: 10_000n,
        state: 'open',
        receivedFen: null,
      },
      {
        outTradeNo: 'BP1',
        orderNo: 'B',
        provider: 'alipay',
        amountFen: 9_000n,
        state: 'succeeded',
        receivedFen: 9_000n,
      },
      {
        outTradeNo: 'CP1',
        orderNo: 'C',
        provider: 'stripe',
        amountFen: 16_000n,
        state: 'succeeded',
        receivedFen: 16_000n,
      },
      {
        outTradeNo: 'DP1',
        orderNo: 'D',
        provider: 'wechatpay',
        amountFen: 10_000n,
        state: 'succeeded',
        receivedFen: 10_000n,
      },
      {
        outTradeNo: 'DP2',
        orderNo: 'D',
        provider: 'alipay',
        amountFen: 10_000n,
        state: 'succeeded',
        receivedFen: 10_000n,
      },
    ],
    refunds: [
      {
        refundNo: 'BP1R1',
        outTradeNo: 'BP1',
        orderNo: 'B',
        amountFen: 300n,
        source: 'deposits',
        state: 'succeeded',
        byHand: true,
      },
      {
        refundNo: 'CP1R1',
        outTradeNo: 'CP1',
        orderNo: 'C2',
        amountFen: 6_000n,
        source: 'deposits',
        state: 'succeeded',
        byHand: false,
      },
      {
        refundNo: 'DP1R1',
        outTradeNo: 'DP1',
        orderNo: 'D',
        amountFen: 10_000n,
        source: 'unallocated',
        state: 'succeeded',
        byHand: false,
      },
      {
        refundNo: 'DP2R1',
        outTradeNo: 'DP2',
        orderNo: 'D',
        amountFen: 10_000n,
        source: 'unallocated',
        state: 'queued',
        byHand: false,
      },
    ],
    vouchers: [
      voucher('B-PAY-BP1', 'payment', 'B', 'BP1', [
        ['channel:alipay', 'deposits', 9_000n],
        ['points_liability', 'deposits', 500n],
      ]),
      voucher('B-REFUND-BP1R1', 'refund', 'B', 'BP1R1', [['deposits', 'paid_by_hand', 300n]], {
        reverses: 'B-PAY-BP1',
      }),
      voucher('C1-PAY-CP1', 'payment', 'C1', 'CP1', [['channel:stripe', 'deposits', 10_000n]], underC),
      voucher('C2-PAY-CP1', 'payment', 'C2', 'CP1', [['channel:stripe', 'deposits', 6_000n]], underC),
      voucher('C2-REFUND-CP1R1', 'refund', 'C2', 'CP1R1', [['deposits', 'channel:stripe', 6_000n]], {
        ...underC,
        reverses: 'C2-PAY-CP1',
      }),
      voucher(
        'C1-RECEIPT',
        'receipt',
        'C1',
        'received',
        [['deposits', 'merchant:M1:payable', 10_000n]],
        underC,
      ),
      voucher('D-IN-DP1', 'money_in', 'D', 'paid_after_close', [
        ['channel:wechatpay', 'unallocated', 10_000n],
      ]),
      voucher('D-REFUND-DP1R1', 'refund', 'D', 'DP1R1', [['unallocated', 'channel:wechatpay', 10_000n]], {
        reverses: 'D-IN-DP1',
      }),
      voucher('D-IN-DP2', 'money_in', 'D', 'paid_twice', [['channel:alipay', 'unallocated', 10_000n]]),
    ],
    trades: [
      { provider: 'alipay', outTradeNo: 'AP1', totalFen: 10_000n, paidFen: 0n, refundedFen: 0n, refunds: [] },
      {
        provider: 'alipay',
        outTradeNo: 'BP1',
        totalFen: 9_000n,
        paidFen: 9_000n,
        refundedFen: 0n,
        refunds: [],
      },
      {
        provider: 'stripe',
        outTradeNo: 'CP1',
        totalFen: 16_000n,
        paidFen: 16_000n,
        refundedFen: 6_000n,
        refunds: [{ refundNo: 'CP1R1', amountFen: 6_000n, done: true }],
      },
      {
        provider: 'wechatpay',
        outTradeNo: 'DP1',
        totalFen: 10_000n,
        paidFen: 10_000n,
        refundedFen: 10_000n,
        refunds: [{ refundNo: 'DP1R1', amountFen: 10_000n, done: true }],
      },
      {
        provider: 'alipay',
        outTradeNo: 'DP2',
        totalFen: 10_000n,
        paidFen: 10_000n,
        refundedFen: 0n,
        refunds: [{ refundNo: 'DP2R1', amountFen: 10_000n, done: false }],
      },
    ],
    inbox: [
      { inboxId: 'I1', kind: 'payment_reported', orderNo: 'B', ageMs: 9e9, applied: true },
      { inboxId: 'I2', kind: 'payment_reported', orderNo: 'A', ageMs: 1_000, applied: false },
    ],
    workItems: [
      { workItemId: 'refund-DP2R1', orderNo: 'D', ownerRole: 'finance', dueAt: new Date(), open: true },
      { workItemId: 'refund-BP1R1', orderNo: 'B', ownerRole: '', dueAt: null, open: false },
    ],
    stockLevels: [{ skuId: 'S1', warehouseId: 'W1', onHand: 8, reserved: 1 }],
    stockMovements: [
      moved(null, 'opening', 12, 0),
      moved('A', 'reserve', 0, 1),
      moved('B', 'reserve', 0, 1),
      moved('B', 'sell', -1, -1),
      moved('C1', 'reserve', 0, 3),
      moved('C1', 'sell', -3, -3),
      moved('C2', 'reserve', 0, 1),
      moved('C2', 'sell', -1, -1),
      moved('C2', 'return', 1, 0),
      moved('D', 'reserve', 0, 1),
      moved('D', 'release', 0, -1),
    ],
    shipments: [
      shipment('BS1', 'refused'),
      shipment('BS2', 'packed'),
      shipment('C1S1', 'handed_over', {
        ...{ carrier: 'zhongtong', trackingNo: '72' },
        lines: [{ lineNo: 1, quantity: 2 }],
      }),
      shipment('C1S2', 'handed_over', {
        ...{ carrier: 'zhongtong', trackingNo: '71' },
        ...{ ageMs: null, partOf: 'C1S1' },
      }),
      shipment('C2S1', 'cancelled'),
    ],
    reversals: [{ orderNo: 'C2', lineNo: 1, quantity: 1, cashFen: 6_000n, pointsFen: 0n }],
    cancellations: [{ cancellationNo: 'X1', orderNo: 'C2', open: false }],
    deliveries: [
      delivery('BS2', 'weighed'),
      delivery('C1S1', 'handed_over', ['71', 1], ['72', 2]),
      delivery('C2S1', 'cancelled'),
    ],
    waybills: [
      { waybillNo: 'WB1', state: 'handed_over', trackingNo: '81' },
      { waybillNo: 'WB2', state: 'voided', trackingNo: '82' },
      { waybillNo: 'WB3', state: 'refused', trackingNo: null },
    ],
    carrierWaybills: [
      { waybillNo: 'WB1', trackingNo: '81', cancelled: false },
      { waybillNo: 'WB2', trackingNo: '82', cancelled: true },
    ],
  };
}

/** The row of a kind that a number names; fails if the history has none. */
function pick<Row>(rows: readonly Row[], which: (row: Row) => boolean): Row {
  const row = rows.find(which);
  if (!row) throw new Error('the history has no such row');
  return row;
}
const orderOf = (facts: Facts, no: string) => pick(facts.orders, ({ orderNo }) => orderNo === no);
const paymentOf = (facts: Facts, no: string) => pick(facts.payments, ({ outTradeNo }) => outTradeNo === no);
const refundOf = (facts: Facts, no: string) => pick(facts.refunds, ({ refundNo }) => refundNo === no);
const voucherOf = (facts: Facts, no: string) => pick(facts.vouchers, ({ voucherNo }) => voucherNo === no);
const tradeOf = (facts: Facts, no: string) => pick(facts.trades, ({ outTradeNo }) => outTradeNo === no);
const postingOf = (facts: Facts, no: string) => pick(voucherOf(facts, no).postings, () => true);
const lineOf = (facts: Facts, no: string) => pick(facts.lines, ({ orderNo }) => orderNo === no);
const shipmentOf = (facts: Facts, no: string) => pick(facts.shipments, ({ shipmentNo }) => shipmentNo === no);
const deliveryOf = (facts: Facts, no: string) =>
  pick(facts.deliveries, ({ shipmentNo }) => shipmentNo === no);
const waybillOf = (facts: Facts) => pick(facts.waybills, () => true);
const reversalOf = (facts: Facts) => pick(facts.reversals, () => true);
const level = (facts: Facts) => pick(facts.stockLevels, () => true);
const without = <Row>(rows: Row[], which: (row: Row) => boolean): Row[] => rows.filter((row) => !which(row));

test('I1 I2 I3 I5 nothing is found where all is right', () => {
  expect(check(soundFacts())).toEqual([]);
});

type Damage = [what: string, damage: (facts: Facts) => unknown, found: [Finding['invariant'], RegExp][]];

const DAMAGES: Damage[] = [
  [
    'stock that no movement explains',
    (f) => (level(f).onHand += 1),
    [['I1', /9 are on hand, the movements make 8/]],
  ],
  [
    'a reservation too few',
    (f) => (level(f).reserved = 0),
    [
      ['I1', /0 are reserved, the movements make 1/],
      ['I1', /0 are reserved, unpaid orders hold 1/],
    ],
  ],
  [
    'stock below nothing',
    (f) => {
      level(f).onHand = 0;
      f.stockMovements.push(moved(null, 'opening', -8, 0));
    },
    [['I1', /0 on hand and 1 reserved cannot be/]],
  ],
  [
    'a reservation both sold and released',
    (f) => f.stockMovements.push(moved('B', 'release', 0, 0)),
    [['I1', /order B: S1 in W1: it was sold or released more than once/]],
  ],
  [
    'a return of what was not taken',
    (f) => {
      level(f).onHand += 1;
      f.stockMovements.push(moved('D', 'return', 1, 0));
    },
    [['I1', /order D: S1 in W1: it returned 1 more than it took/]],
  ],
  [
    'movements without a level',
    (f) => f.stockMovements.push({ ...moved(null, 'opening', 1, 0), skuId: 'S2' }),
    [['I1', /S2 in W1: it moves and has no level/]],
  ],

  [
    'a payment that we did not record',
    (f) => (tradeOf(f, 'AP1').paidFen = 10_000n),
    [
      ['I2', /trade alipay\/AP1: by the provider ¥100.00 was paid, by our rows ¥0.00/],
      ['I2', /account channel:alipay/],
      ['I2', /order A: the providers hold ¥100.00 of it, its vouchers say ¥0.00/],
    ],
  ],
  [
    'another sum asked for than recorded',
    (f) => (tradeOf(f, 'AP1').totalFen = 9_999n),
    [['I2', /by the provider ¥99.99 was asked for, by our rows ¥100.00/]],
  ],
  [
    'a refund that the provider has over more',
    (f) => {
      tradeOf(f, 'CP1').refundedFen = 7_000n;
      pick(tradeOf(f, 'CP1').refunds, () => true).amountFen = 7_000n;
    },
    [
      ['I2', /trade stripe\/CP1: by the provider ¥70.00 went back, by our rows ¥60.00/],
      ['I2', /account channel:stripe: the vouchers make ¥100.00, the provider holds ¥90.00/],
      ['I2', /order C: the providers hold ¥90.00/],
      ['I3', /refund CP1R1: the provider has it over ¥70.00, our row over ¥60.00/],
    ],
  ],
  [
    'money booked at the wrong provider',
    (f) => (postingOf(f, 'B-PAY-BP1').debit = 'channel:stripe'),
    [
      ['I2', /account channel:alipay/],
      ['I2', /account channel:stripe/],
    ],
  ],
  [
    'money booked to the wrong tree',
    (f) => (voucherOf(f, 'B-PAY-BP1').rootNo = 'A'),
    [
      ['I2', /order A: the providers hold ¥0.00 of it, its vouchers say ¥90.00/],
      ['I2', /order B: the providers hold ¥90.00 of it, its vouchers say ¥0.00/],
    ],
  ],
  [
    'a posting of nothing',
    (f) => voucherOf(f, 'C1-RECEIPT').postings.push({ debit: 'x', credit: 'y', amountFen: 0n }),
    [['I2', /voucher C1-RECEIPT: it posts ¥0.00 from y to x/]],
  ],
  [
    'a posting to itself',
    (f) => voucherOf(f, 'C1-RECEIPT').postings.push({ debit: 'x', credit: 'x', amountFen: 1n }),
    [['I2', /voucher C1-RECEIPT: it posts ¥0.01 from x to x/]],
  ],
  [
    'a voucher of money without money',
    (f) => f.vouchers.push(voucher('D-IN-X', 'money_in', 'D', 'x', [])),
    [['I2', /voucher D-IN-X: a voucher of kind money_in without postings/]],
  ],
  [
    'unallocated money that nobody gives back',
    (f) => {
      f.refunds = without(f.refunds, ({ refundNo }) => refundNo === 'DP2R1');
      tradeOf(f, 'DP2').refunds = [];
    },
    [['I2', /trade alipay\/DP2: ¥100.00 of it is unallocated, refunds under way make ¥0.00/]],
  ],
  [
    'unallocated money of no payment',
    (f) => (voucherOf(f, 'D-IN-DP2').voucherNo = 'D-IN-DP9'),
    [['I2', /voucher D-IN-DP9: unallocated money that came by no payment of ours/]],
  ],
  [
    'a paid order without its voucher of points',
    (f) => voucherOf(f, 'B-PAY-BP1').postings.pop(),
    [['I2', /order B: it is awaiting_shipment and should hold ¥92.00, its vouchers hold ¥87.00/]],
  ],
  [
    'a price cut that the money does not show',
    (f) => (orderOf(f, 'B').priceCutFen = 0n),
    [['I2', /order B: it is awaiting_shipment and should hold ¥102.00, its vouchers hold ¥92.00/]],
  ],
  [
    'goodwill of the platform that is not booked',
    (f) => (orderOf(f, 'B').goodwillFen = 100n),
    [
      ['I2', /order B: it is awaiting_shipment and should hold ¥93.00, its vouchers hold ¥92.00/],
      ['I2', /order B: the platform bears ¥1.00 of it, its vouchers make ¥0.00/],
    ],
  ],
  [
    'a cancelled order that holds money',
    (f) => (orderOf(f, 'B').state = 'cancelled'),
    [
      ['I2', /order B: it is cancelled and should hold ¥0.00, its vouchers hold ¥92.00/],
      ['I1', /order B: S1 in W1: it is cancelled, and 1 pieces are not back/],
    ],
  ],
  [
    'an unpaid order whose money is booked',
    (f) => (orderOf(f, 'B').state = 'awaiting_payment'),
    [
      ['I2', /order B: it is awaiting_payment and should hold ¥0.00/],
      ['I1', /unpaid orders hold 2/],
      ['I5', /order B: it is paid and awaiting_payment/],
    ],
  ],
  [
    'a completed order whose merchant has nothing',
    (f) => voucherOf(f, 'C1-RECEIPT').postings.pop(),
    [['I2', /order C1: it is completed and should hold ¥0.00, its vouchers hold ¥100.00/]],
  ],
  [
    'money given back that no refund explains',
    (f) => (orderOf(f, 'C1').givenBackFen = 1n),
    [['I2', /order C1: it gave back ¥0.01, its refunds make ¥0.00/]],
  ],
  [
    'a refund booked out of another account',
    (f) => (refundOf(f, 'DP1R1').source = 'deposits'),
    [
      ['I2', /order D: it gave back ¥0.00, its refunds make ¥100.00/],
      ['I2', /refund DP1R1: it is succeeded over ¥100.00; 1 vouchers take ¥0.00 from deposits/],
    ],
  ],
  [
    'a refund booked before it is made',
    (f) => {
      f.vouchers.push(
        voucher('D-REFUND-DP2R1', 'refund', 'D', 'DP2R1', [['unallocated', 'paid_by_hand', 10_000n]], {
          reverses: 'D-IN-DP2',
        }),
      );
    },
    [
      ['I2', /trade alipay\/DP2: ¥0.00 of it is unallocated, refunds under way make ¥100.00/],
      ['I2', /refund DP2R1: it is queued over ¥100.00; 1 vouchers take ¥100.00 from unallocated/],
    ],
  ],
  [
    'children that do not make their parent',
    (f) => {
      orderOf(f, 'C').amounts.freightFen = 1n;
      orderOf(f, 'C').freightCutFen = 1n;
    },
    [
      ['I2', /order C: its freightFen is 1, its children make 0/],
      ['I2', /order C: its freightCutFen is 1, its children make 0/],
    ],
  ],
  [
    'lines that do not make their order',
    (f) => (orderOf(f, 'A').amounts.discountFen = 5n),
    [['I2', /order A: its discountFen is 5, its lines make 0/]],
  ],

  [
    'an order charged twice',
    (f) => {
      f.payments.push({ ...paymentOf(f, 'BP1'), outTradeNo: 'BP2', state: 'closed', receivedFen: null });
      f.trades.push({ ...tradeOf(f, 'BP1'), outTradeNo: 'BP2' });
    },
    [
      ['I2', /trade alipay\/BP2: by the provider ¥90.00 was paid/],
      ['I2', /account channel:alipay/],
      ['I2', /order B: the providers hold/],
      ['I3', /order B: it is charged by alipay\/BP1 and alipay\/BP2/],
    ],
  ],
  [
    'a trade that we know nothing of',
    (f) =>
      f.trades.push({
        provider: 'stripe',
        outTradeNo: 'X',
        totalFen: 1n,
        paidFen: 0n,
        refundedFen: 0n,
        refunds: [],
      }),
    [['I3', /trade stripe\/X: the provider has it, no row of ours does/]],
  ],
  [
    'a trade that the provider has twice',
    (f) => f.trades.push({ ...tradeOf(f, 'AP1') }),
    [['I3', /trade alipay\/AP1: the provider has more than one of this number/]],
  ],
  [
    'money that the provider knows nothing of',
    (f) => (f.trades = without(f.trades, ({ outTradeNo }) => outTradeNo === 'BP1')),
    [
      ['I2', /account channel:alipay/],
      ['I2', /order B: the providers hold ¥0.00/],
      ['I3', /trade alipay\/BP1: our row has its money, the provider does not know it/],
    ],
  ],
  [
    'more given back than received',
    (f) => {
      refundOf(f, 'DP2R1').amountFen = 10_001n;
      pick(tradeOf(f, 'DP2').refunds, () => true).amountFen = 10_001n;
    },
    [
      ['I2', /trade alipay\/DP2: ¥100.00 of it is unallocated, refunds under way make ¥100.01/],
      ['I3', /trade alipay\/DP2: refunds of ¥100.01 for ¥100.00 received/],
    ],
  ],
  [
    'a refund made twice',
    (f) => tradeOf(f, 'CP1').refunds.push({ refundNo: 'CP1R1', amountFen: 6_000n, done: true }),
    [['I3', /refund CP1R1: the provider has it 2 times/]],
  ],
  [
    'a refund made on another trade',
    (f) => {
      tradeOf(f, 'BP1').refunds = tradeOf(f, 'CP1').refunds;
      tradeOf(f, 'CP1').refunds = [];
    },
    [['I3', /refund CP1R1: the provider made it on another trade than stripe\/CP1/]],
  ],
  [
    'a refund that nobody asked for',
    (f) => tradeOf(f, 'BP1').refunds.push({ refundNo: 'BP1R9', amountFen: 1n, done: false }),
    [['I3', /refund BP1R9: alipay\/BP1 has it, no row of ours does/]],
  ],
  [
    'a refund without a number',
    (f) => tradeOf(f, 'BP1').refunds.push({ refundNo: null, amountFen: 1n, done: false }),
    [['I3', /trade alipay\/BP1: a refund of ¥0.01 without a number/]],
  ],
  [
    'a refund that the provider did not make',
    (f) => (pick(tradeOf(f, 'DP1').refunds, () => true).done = false),
    [['I3', /refund DP1R1: our row says it is done, the provider does not/]],
  ],
  [
    'a refund paid by hand and by the provider',
    (f) => {
      tradeOf(f, 'BP1').refunds.push({ refundNo: 'BP1R1', amountFen: 300n, done: true });
      tradeOf(f, 'BP1').refundedFen = 300n;
    },
    [
      ['I2', /trade alipay\/BP1: by the provider ¥3.00 went back/],
      ['I2', /account channel:alipay/],
      ['I2', /order B: the providers hold ¥87.00/],
      ['I3', /refund BP1R1: a person paid it out, and the provider made it too/],
    ],
  ],

  [
    'a message that nobody applies',
    (f) => (pick(f.inbox, ({ applied }) => !applied).ageMs = INBOX_PATIENCE_MS + 1),
    [['I5', /message I2: payment_reported of order A is without a verdict for 60 s/]],
  ],
  [
    'a refund without an end',
    (f) => (refundOf(f, 'DP2R1').state = 'requested'),
    [['I5', /refund DP2R1: it is requested; alipay has it under way/]],
  ],
  [
    'a queued refund that no work item shows',
    (f) => (pick(f.workItems, ({ open }) => open).open = false),
    [['I5', /refund DP2R1: it is with a person, and no open work item says so/]],
  ],
  [
    'a work item of nobody',
    (f) => (pick(f.workItems, ({ open }) => open).ownerRole = ''),
    [['I5', /work item refund-DP2R1: it is open without an owner or a due time/]],
  ],
  [
    'a work item without a due time',
    (f) => (pick(f.workItems, ({ open }) => open).dueAt = null),
    [['I5', /work item refund-DP2R1: it is open without an owner or a due time/]],
  ],
  [
    'cancelled pieces that are not on sale again',
    (f) => {
      f.stockMovements = without(f.stockMovements, ({ cause }) => cause === 'return');
      level(f).onHand -= 1;
    },
    [['I1', /order C2: S1 in W1: it is cancelled, and 1 pieces are not back/]],
  ],
  [
    'more pieces planned than lie in warehouses, and than there are',
    (f) => (lineOf(f, 'C1').planned = 1),
    [
      ['I1', /order C1: line 1: 1 are planned, the rows make 0/],
      ['I1', /order C1: line 1: 1 planned, 3 shipped, 0 reversed and 0 returned of 3 cannot be/],
    ],
  ],
  [
    'a parcel that the leaf did not count',
    (f) => (lineOf(f, 'C1').shipped = 2),
    [['I1', /order C1: line 1: 2 are shipped, the rows make 3/]],
  ],
  [
    'more pieces back than had left',
    (f) => (lineOf(f, 'C1').returned = 1),
    [['I1', /order C1: line 1: 0 planned, 3 shipped, 0 reversed and 1 returned of 3 cannot be/]],
  ],
  [
    'a reversal that the leaf did not count',
    (f) => (lineOf(f, 'C2').reversed = 0),
    [['I1', /order C2: line 1: 0 are reversed, the rows make 1/]],
  ],
  [
    'a reversal of a line that does not exist',
    (f) => f.reversals.push({ orderNo: 'C2', lineNo: 2, quantity: 1, cashFen: 0n, pointsFen: 0n }),
    [['I1', /order C2: line 2: it has pieces, and no order has this line/]],
  ],
  [
    'reversals that carry more than went back',
    (f) => (reversalOf(f).cashFen = 6_001n),
    [
      ['I2', /order C2: its reversals carry ¥60.01, ¥60.00 went back/],
      ['I2', /order C2: line 1: it was taken back whole; its reversals carry ¥60.01 of ¥60.00/],
    ],
  ],
  [
    'a line taken back whole of which a fen stays',
    (f) => (reversalOf(f).cashFen = 5_999n),
    [['I2', /order C2: line 1: it was taken back whole; its reversals carry ¥59.99 of ¥60.00/]],
  ],

  [
    'a waybill that only its carrier has',
    (f) => f.carrierWaybills.push({ waybillNo: 'WB4', trackingNo: '84', cancelled: false }),
    [['I3', /waybill WB4: the carrier has it, no row of ours does/]],
  ],
  [
    'a waybill whose answer was lost for good',
    (f) => f.waybills.push({ waybillNo: 'WB4', state: 'asked', trackingNo: null }),
    [['I3', /waybill WB4: the carrier has none that is open, it is asked here/]],
  ],
  [
    'a waybill under another number',
    (f) => (waybillOf(f).trackingNo = '80'),
    [['I3', /waybill WB1: it is 81 there, 80 here/]],
  ],
  [
    'a waybill that is void here alone',
    (f) => (waybillOf(f).state = 'voided'),
    [['I3', /waybill WB1: it is open there, voided here/]],
  ],
  [
    'a waybill that is void there alone',
    (f) => (pick(f.carrierWaybills, ({ waybillNo }) => waybillNo === 'WB1').cancelled = true),
    [['I3', /waybill WB1: the carrier has none that is open, it is handed_over here/]],
  ],
  [
    'a shipment that the warehouse does not know',
    (f) => (f.deliveries = without(f.deliveries, ({ shipmentNo }) => shipmentNo === 'BS2')),
    [['I1', /shipment BS2: it is unknown there, packed here/]],
  ],
  [
    'a shipment that we know nothing of',
    (f) => f.deliveries.push(delivery('ZS1', 'accepted')),
    [['I1', /shipment ZS1: the warehouse has it, no row of ours does/]],
  ],
  [
    'a shipment in another warehouse',
    (f) => (deliveryOf(f, 'BS2').warehouseCode = 'W2'),
    [['I1', /shipment BS2: it is in W2 there, in W1 here/]],
  ],
  [
    'a hand-over that we did not hear of',
    (f) => Object.assign(deliveryOf(f, 'BS2'), delivery('BS2', 'handed_over', ['73', 1])),
    [
      ['I1', /shipment BS2: it is handed_over there, packed here/],
      ['I1', /shipment BS2: by the warehouse ZTO 73 with 1×1 has left, by our rows it has not/],
    ],
  ],
  [
    'a stopped shipment that left nevertheless',
    (f) => Object.assign(deliveryOf(f, 'C2S1'), delivery('C2S1', 'handed_over', ['73', 1])),
    [
      ['I1', /shipment C2S1: it is handed_over there, cancelled here/],
      ['I1', /shipment C2S1: by the warehouse ZTO 73 with 1×1 has left/],
    ],
  ],
  [
    'a refused shipment that is still being packed there',
    (f) => f.deliveries.push(delivery('BS1', 'packed')),
    [['I1', /shipment BS1: it is packed there, refused here/]],
  ],
  [
    'a parcel under another number',
    (f) => (shipmentOf(f, 'C1S2').trackingNo = '99'),
    [
      ['I1', /shipment C1S1: by the warehouse ZTO 71 with 1×1 has left, by our rows it has not/],
      ['I1', /shipment C1S1: by our rows ZTO 99 with 1×1 has left, by the warehouse it has not/],
    ],
  ],
  [
    'a parcel by another carrier',
    (f) => (shipmentOf(f, 'C1S2').carrier = 'shunfeng'),
    [
      ['I1', /by the warehouse ZTO 71 with 1×1/],
      ['I1', /by our rows SF 71 with 1×1/],
    ],
  ],
  [
    'a parcel with other pieces',
    (f) => {
      shipmentOf(f, 'C1S1').lines = [{ lineNo: 1, quantity: 1 }];
      shipmentOf(f, 'C1S2').lines = [{ lineNo: 1, quantity: 2 }];
    },
    [
      ['I1', /by the warehouse ZTO 71 with 1×1/],
      ['I1', /by the warehouse ZTO 72 with 1×2/],
      ['I1', /by our rows ZTO 71 with 1×2/],
      ['I1', /by our rows ZTO 72 with 1×1/],
    ],
  ],

  [
    'a paid order that is nobody’s turn',
    (f) => {
      shipmentOf(f, 'BS2').stage = 'cancelled';
      deliveryOf(f, 'BS2').stage = 'cancelled';
    },
    [
      ['I1', /order B: line 1: 1 are planned, the rows make 0/],
      ['I5', /order B: it is paid, and it is nobody’s turn/],
    ],
  ],
  [
    'a paid order that awaits payment',
    (f) => (orderOf(f, 'A').isPaid = true),
    [['I5', /order A: it is paid and awaiting_payment/]],
  ],
  [
    'a shipment that is told to no warehouse',
    (f) => {
      f.deliveries = without(f.deliveries, ({ shipmentNo }) => shipmentNo === 'BS2');
      Object.assign(shipmentOf(f, 'BS2'), { stage: 'pushing', ageMs: PUSH_PATIENCE_MS + 1 });
    },
    [['I5', /shipment BS2: it is pushing for 600 s, and nobody knows/]],
  ],
  [
    'a request to stop that its order forgot',
    (f) => f.cancellations.push({ cancellationNo: 'X2', orderNo: 'B', open: true }),
    [['I5', /cancellation X2: it is open, and order B does not wait for it/]],
  ],
  [
    'an order that waits for a request that has its answer',
    (f) => (orderOf(f, 'B').cancellationNo = 'X1'),
    [['I5', /order B: it waits for cancellation X1, which is not open/]],
  ],
];

describe('I1 I2 I3 I5 the audit finds, and finds nothing else for', () => {
  it.each(DAMAGES)('%s', (_what, damage, expected) => {
    const facts = soundFacts();
    damage(facts);
    const found = check(facts);
    for (const [invariant, text] of expected)
      expect(
        found.filter((one) => one.invariant === invariant && text.test(`${one.subject}: ${one.problem}`)),
      ).toHaveLength(1);
    expect(found).toHaveLength(expected.length);
  });
});

test.each<[what: string, change: (facts: Facts) => unknown]>([
  [
    'a request to stop it is open',
    (f) => {
      f.cancellations.push({ cancellationNo: 'X2', orderNo: 'B', open: true });
      orderOf(f, 'B').cancellationNo = 'X2';
    },
  ],
  ['it is to be dispatched', (f) => (orderOf(f, 'B').dispatch = 'due')],
  ['it is to be reviewed', (f) => (orderOf(f, 'B').review = 'pending')],
  ['it is in the queue', (f) => f.workItems.push({ ...pick(f.workItems, ({ open }) => open), orderNo: 'B' })],
  ['the merchant has pieces to send', (f) => (lineOf(f, 'B').planned = 0)],
])('I5 a paid order that is in no warehouse is somebody’s turn where %s', (_what, change) => {
  const facts = soundFacts();
  shipmentOf(facts, 'BS2').stage = 'cancelled';
  deliveryOf(facts, 'BS2').stage = 'cancelled';
  change(facts);
  expect(check(facts).filter(({ invariant }) => invariant === 'I5')).toEqual([]);
});

test('I1 a hand-over that a person was told to compare is no finding', () => {
  const facts = soundFacts();
  Object.assign(deliveryOf(facts, 'C2S1'), delivery('C2S1', 'handed_over', ['73', 1]));
  facts.workItems.push({
    ...{ workItemId: 'warehouse-C2S1-differs', orderNo: 'C2', ownerRole: 'operations' },
    ...{ dueAt: new Date(), open: true },
  });
  expect(check(facts)).toEqual([]);
});

test('I5 a payment that we acknowledged and did not record is ours to have kept', () => {
  const facts = soundFacts();
  tradeOf(facts, 'AP1').paidFen = 10_000n;
  const [mismatch] = mismatchedTrades(facts);
  expect(mismatch).toMatchObject({ what: 'was paid', trade: { outTradeNo: 'AP1' } });
  expect(auditAcknowledged(mismatch?.trade as Trade, ['TRADE_SUCCESS 1'])).toEqual([
    {
      invariant: 'I5',
      subject: 'trade alipay/AP1',
      problem: 'its money is not in our rows, though we acknowledged TRADE_SUCCESS 1',
    },
  ]);
  expect(auditAcknowledged(mismatch?.trade as Trade, [])).toEqual([]);
});

/** A control desk that answers by path, for as long as `use` runs. */
async function withDesk(
  answers: Record<string, unknown>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? 'no such path'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

describe('I2 the providers’ own books', () => {
  const trade = (outTradeNo: string) => ({
    outTradeNo,
    totalFen: 100,
    paidFen: 100,
    refundedFen: 0,
    refunds: [],
    status: 'x',
  });
  const nothing = { trades: [], nextCursor: null };

  it('are read to the last page', async () => {
    const answers = {
      '/control/alipay/trades?cursor=0&limit=1000': { trades: [trade('A1')], nextCursor: 1 },
      '/control/alipay/trades?cursor=1&limit=1000': { trades: [trade('A2')], nextCursor: null },
      '/control/wechatpay/trades?cursor=0&limit=1000': nothing,
      '/control/stripe/trades?cursor=0&limit=1000': { trades: [trade('S1')], nextCursor: null },
    };
    await withDesk(answers, async (url) => {
      const ledger = await readLedgers(url);
      expect(ledger.map(({ provider, outTradeNo, paidFen }) => [provider, outTradeNo, paidFen])).toEqual([
        ['alipay', 'A1', 100n],
        ['alipay', 'A2', 100n],
        ['stripe', 'S1', 100n],
      ]);
    });
  });

  it('of the warehouses are read to the last page', async () => {
    const told = { ...delivery('BS2', 'weighed', ['71', 1]), lines: [], receiver: {} };
    const answers = {
      '/control/qimen/orders?cursor=0&limit=1000': { orders: [told], nextCursor: 1 },
      '/control/qimen/orders?cursor=1&limit=1000': {
        orders: [
          {
            ...delivery('BS3', 'handed_over'),
            parcels: [{ logisticsCode: 'SF', trackingNo: '1', lines: [{ lineNo: '2', quantity: 3 }] }],
          },
        ],
        nextCursor: null,
      },
    };
    await withDesk(answers, async (url) => {
      const deliveries = await readDeliveries(url);
      expect(deliveries.map(({ shipmentNo, parcels }) => [shipmentNo, parcels[0]?.lines])).toEqual([
        ['BS2', [{ lineNo: 1, quantity: 1 }]],
        ['BS3', [{ lineNo: 2, quantity: 3 }]],
      ]);
    });
  });

  it('of the carriers say which waybills are open', async () => {
    const told = (orderId: string, cancelledAt: string | null) => ({ orderId, trackingNo: '8', cancelledAt });
    const waybills = [told('WB1', null), told('WB2', '2026-03-01T04:00:00.000Z')];
    const answers = { '/control/kuaidi100/waybills?cursor=0&limit=1000': { waybills, nextCursor: null } };
    await withDesk(answers, async (url) => {
      expect(await readCarrierWaybills(url)).toEqual([
        { waybillNo: 'WB1', trackingNo: '8', cancelled: false },
        { waybillNo: 'WB2', trackingNo: '8', cancelled: true },
      ]);
    });
  });

  it('that do not answer, or not as agreed, are no clean bill', async () => {
    await withDesk({}, (url) => expect(readLedgers(url)).rejects.toThrow('answered 404'));
    const answers = {
      '/control/alipay/trades?cursor=0&limit=1000': {
        trades: [{ ...trade('A1'), paidFen: 0.5 }],
        nextCursor: null,
      },
      '/control/wechatpay/trades?cursor=0&limit=1000': nothing,
      '/control/stripe/trades?cursor=0&limit=1000': nothing,
    };
    await withDesk(answers, (url) =>
      expect(readLedgers(url)).rejects.toThrow(/alipay.*did not answer as agreed/),
    );
  });

  it('say which notifications of a payment were accepted', async () => {
    const told = (notifyId: string, kind: string, ...accepted: boolean[]) => ({
      notifyId,
      kind,
      attempts: accepted.map((one) => ({ accepted: one })),
    });
    const notifications = [
      told('N1', 'TRADE_SUCCESS', false, true),
      told('N2', 'TRADE_SUCCESS', false),
      told('N3', 'TRADE_CLOSED', true),
    ];
    await withDesk({ '/control/alipay/trades/AP1': { notifications } }, async (url) => {
      expect(await acceptedNotices(url, tradeOf(soundFacts(), 'AP1'))).toEqual(['TRADE_SUCCESS N1']);
    });
  });
});

test('I1 I2 I3 I5 the report names every invariant, and what breaks it', () => {
  const checked = Object.fromEntries(Object.entries(soundFacts()).map(([name, rows]) => [name, rows.length]));
  const report = reportOf({
    checked: checked as Record<keyof Facts, number>,
    findings: [
      { invariant: 'I3', subject: 'trade stripe/X', problem: 'the provider has it, no row of ours does' },
    ],
  });
  expect(report).toContain('6 orders');
  expect(report).toContain('1 stock levels');
  expect(report).toMatch(
    /I1 .*: holds\nI2 .*: holds\nI3 .*: 1 findings\n {4}trade stripe\/X: the provider has it/,
  );
});

test('I2 I3 I5 without its environment, or where it cannot look, the audit does not end well', async () => {
  const run = (env: Record<string, string>) =>
    execa(process.execPath, ['--import', 'tsx', 'audit/index.ts'], { env, extendEnv: false, reject: false });
  expect(await run({})).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('SANDBOX_URL') });
  const nowhere = { DATABASE_URL: 'postgres://127.0.0.1:9/none', SANDBOX_URL: 'http://127.0.0.1:9' };
  expect(await run(nowhere)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('could not look'),
  });
});
