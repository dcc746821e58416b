import { expect, test } from 'vitest';
import { reviewRuleOf } from './review-rules.ts';

test.each([
  ['no rules', {}, {}, null],
  ['below the amount', { amountFen: 10_001n }, {}, null],
  ['at the amount', { amountFen: 10_000n }, {}, 'rule_amount'],
  ['a new buyer below it', { newBuyerFen: 10_001n }, { isNewBuyer: true }, null],
  ['a new buyer at it', { newBuyerFen: 10_000n }, { isNewBuyer: true }, 'rule_new_buyer'],
  ['a known buyer', { newBuyerFen: 1n }, {}, null],
  ['every order of a new buyer', { newBuyerFen: 0n }, { isNewBuyer: true, amountFen: 0n }, 'rule_new_buyer'],
  ['a region that is looked at', { regions: ['54', '65'] }, { region: '65' }, 'rule_address'],
  ['another region', { regions: ['54'] }, {}, null],
  [
    'the amount is named before the address',
    { amountFen: 1n, newBuyerFen: 1n, regions: ['31'] },
    { isNewBuyer: true },
    'rule_amount',
  ],
] as const)('FU-1 decision-22 %s', (_name, rules, order, expected) => {
  expect(reviewRuleOf(rules, { amountFen: 10_000n, isNewBuyer: false, region: '31', ...order })).toBe(
    expected,
  );
});
