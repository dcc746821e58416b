import { expect, test } from 'vitest';
import { renderTable } from './table.ts';

test('columns are as wide as their widest cell', () => {
  expect(
    renderTable(
      ['id', 'goal'],
      [
        ['P1', '≥ 0.65'],
        ['P10', 'x'],
      ],
    ),
  ).toBe(['| id  | goal   |', '|-----|--------|', '| P1  | ≥ 0.65 |', '| P10 | x      |'].join('\n'));
});
