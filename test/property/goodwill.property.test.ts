import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Voucher } from '../../domain/ledger/voucher.ts';
import { refundVoucher } from '../../domain/ledger/vouchers.ts';
import { sumFen } from '../../domain/money.ts';
import { earnedBy, earnLess, sumsOf } from '../../domain/order/earned.ts';
import { type Effects, noEffects } from '../../domain/order/effects.ts';
import { freightLeft } from '../../domain/order/kept-money.ts';
import type { Contract, OrderNode } from '../../domain/order/node.ts';
import { keptLines } from '../../domain/order/progress.ts';
import { giveGoodwill } from '../../domain/order/steps/goodwill.ts';
import { receive } from '../../domain/order/steps/receive.ts';
import { refund } from '../../domain/order/steps/refund.ts';
import { takeBack } from '../../domain/order/take-back.ts';
import { someLines } from '../support/leaf-arbitraries.ts';
import { AT, aLeaf, paidAlone } from '../support/leaves.ts';

const contract: Contract = { contractId: 'C', settleAfterSeconds: 0, commissionBps: { default: 500 } };
const HEADER = { orderNo: 'N', rootNo: 'N', operator: 'test', at: AT };
const allowance = {
  ...{ operator: 'O', day: '2026-03-01', renewsAt: AT },
  ...{ limitFen: 10n ** 12n, usedFen: 0n },
};

const percent = fc.integer({ min: 1, max: 100 });
const move = fc.oneof(
  fc.record({
    what: fc.constant('give' as const),
    kind: fc.constantFrom('goodwill' as const, 'freight' as const),
    giver: fc.constantFrom('merchant' as const, 'platform' as const),
    percent,
  }),
  fc.record({ what: fc.constant('refund' as const), percent }),
  fc.record({
    what: fc.constant('take' as const),
    line: fc.nat(3),
    count: fc.integer({ min: 1, max: 5 }),
    withFreight: fc.boolean(),
  }),
  fc.record({ what: fc.constant('receive' as const) }),
);
type Move = typeof move extends fc.Arbitrary<infer M> ? M : never;

/** A leaf whose refunds are made at once, with all that was written about it. */
class Books {
  leaf: OrderNode;
  readonly paidFen: bigint;
  readonly vouchers: Voucher[] = [];
  readonly all: Effects = noEffects();

  constructor(leaf: OrderNode) {
    this.leaf = leaf;
    this.paidFen = leaf.payableFen;
    this.vouchers.push({
      ...{ ...HEADER, voucherNo: 'N-PAY-T', kind: 'payment', cause: 'T', reverses: null },
      postings: [
        { debit: 'channel:alipay', credit: 'deposits', amountFen: leaf.payableFen },
        { debit: 'points_liability', credit: 'deposits', amountFen: leaf.pointsFen },
      ],
    });
  }

  get payments() {
    return paidAlone(this.leaf).payments.map((payment) => ({ ...payment, refunds: this.all.refunds }));
  }

  take(effects: Effects, set: object): void {
    this.vouchers.push(...effects.vouchers);
    for (const row of effects.refunds)
      this.vouchers.push(refundVoucher(HEADER, { ...row, paidFrom: 'channel:alipay' }));
    this.all.refunds.push(...effects.refunds);
    this.all.settlementLines.push(...effects.settlementLines);
    this.leaf = Object.assign({}, this.leaf, set);
  }

  owes(account: string): bigint {
    return sumFen(
      this.vouchers
        .flatMap(({ postings }) => postings)
        .map(({ debit, credit, amountFen }) =>
          credit === account ? amountFen : debit === account ? -amountFen : 0n,
        ),
    );
  }
}

/** What must hold after every move. */
function check(books: Books): void {
  const { leaf } = books;
  const earned = earnedBy(leaf, contract);
  for (const { payableFen, commissionFen } of earned)
    expect(payableFen >= 0n && commissionFen >= 0n).toBe(true);
  expect(leaf.givenBackFen <= books.paidFen).toBe(true);
  expect(sumFen(books.all.refunds.map(({ amountFen }) => amountFen))).toBe(leaf.givenBackFen);
  expect(-books.owes('goodwill_cost')).toBe(BigInt(leaf.goodwill.platformFen ?? 0));
  const sums = sumsOf(earned);
  const toMerchant = sums.payableFen + sums.pointsFen + sums.platformDiscountFen;
  const isReceived = leaf.state === 'completed';
  // What is in deposits until the receipt is just what the merchant will earn of them.
  expect(books.owes('deposits')).toBe(isReceived ? 0n : sums.payableFen + sums.pointsFen);
  expect(books.owes('merchant:M:payable')).toBe(isReceived ? toMerchant : 0n);
  expect(sumFen(books.all.settlementLines.map(({ baseFen }) => baseFen))).toBe(isReceived ? toMerchant : 0n);
}

function play(books: Books, step: Move, cause: string): void {
  const { leaf, payments } = books;
  const { scope } = paidAlone(leaf);
  const common = { scope, leaf, payments, contract, cause, operator: 'O', at: AT };
  const leftFen = leaf.payableFen - leaf.givenBackFen;
  if (step.what === 'receive') {
    if (leaf.state === 'completed') return;
    const { effects } = receive({ leaf, contract, earnRate: 1, by: 'buyer', operator: 'B', at: AT });
    books.take(effects, { state: 'completed', earnRate: 1 });
  } else if (step.what === 'take') {
    const kept = keptLines(leaf);
    const piece = kept[step.line % Math.max(kept.length, 1)];
    if (!piece) return;
    const effects = noEffects();
    const set = takeBack(effects, {
      ...{ ...common, withFreight: step.withFreight, buyerAtFault: true, reason: 'test' },
      pieces: [{ ...piece, quantity: Math.min(piece.quantity, step.count) }],
    });
    expect(set).not.toBeNull();
    const after = Object.assign({}, leaf, set);
    if (leaf.state === 'completed') earnLess(effects, { before: leaf, after }, common);
    books.take(effects, set ?? {});
  } else {
    const most = step.what === 'give' && step.kind === 'freight' ? freightLeft(leaf) : leftFen;
    const amountFen = (most * BigInt(step.percent)) / 100n;
    if (amountFen === 0n || amountFen > leftFen || (step.what === 'refund' && amountFen === leftFen)) return;
    const { verdict, effects } =
      step.what === 'give'
        ? giveGoodwill({ ...common, allowance, command: { ...step, amountFen, words: 'test' } })
        : refund({ ...common, command: { amountFen, reason: 'test' } });
    expect(verdict).toEqual({ result: 'accepted' });
    expect(effects.nodes).toMatchObject([{ to: leaf.state }]);
    books.take(effects, effects.nodes[0]?.set ?? {});
  }
}

test('RF-8 RF-4 FN-2 whoever gives what, before and after the receipt and between returns: the books agree, and the platform’s goodwill costs the merchant nothing', () => {
  fc.assert(
    fc.property(someLines(), fc.array(move, { maxLength: 12 }), (lines, moves) => {
      const books = new Books(aLeaf(lines, { state: 'awaiting_receipt' }));
      check(books);
      for (const [index, step] of moves.entries()) {
        play(books, step, `X${index}`);
        check(books);
      }
      for (const [index] of lines.entries()) {
        play(books, { what: 'take', line: 0, count: 5, withFreight: true }, `Z${index}`);
        check(books);
      }
      expect(keptLines(books.leaf)).toEqual([]);
      const numbers = books.vouchers.map(({ voucherNo }) => voucherNo);
      expect(new Set(numbers).size).toBe(numbers.length);
    }),
    { numRuns: 1_000 },
  );
});
