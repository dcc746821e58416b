import { type Books, type Finding, type Line, type Reversal } from './facts.ts';
import { grouped, sumOf, yuan } from './sums.ts';

type PieceBooks = Pick<Books, 'orders' | 'lines' | 'shipments' | 'reversals'>;

/** The stages in which pieces are meant for a warehouse and have not left. */
export const OPEN_STAGES: readonly string[] = [
  'planned',
  'pushing',
  'accepted',
  'picking',
  'checked',
  'packed',
  'weighed',
];

const pieceKey = (orderNo: string, lineNo: number): string => `order ${orderNo}: line ${lineNo}`;

/** I1: each piece of a line is in one place, and the leaf's row says where; I2: what was taken back carried its money. */
export function auditPieces(books: PieceBooks): Finding[] {
  return [...counts(books), ...strangers(books), ...reversedMoney(books)];
}

const add = (rows: Iterable<{ quantity: number }>): number => {
  let total = 0;
  for (const { quantity } of rows) total += quantity;
  return total;
};

function counts({ lines, shipments, reversals }: PieceBooks): Finding[] {
  const packed = shipments.flatMap(({ orderNo, stage, lines }) =>
    lines.map((line) => ({ ...line, key: pieceKey(orderNo, line.lineNo), stage })),
  );
  const shipmentsOf = grouped(packed, ({ key }) => key);
  const reversalsOf = grouped(reversals, ({ orderNo, lineNo }) => pieceKey(orderNo, lineNo));
  return lines.flatMap((line) => {
    const subject = pieceKey(line.orderNo, line.lineNo);
    const { planned, shipped, reversed, returned, quantity } = line;
    const there = shipmentsOf.of(subject);
    const compared = [
      ['planned', planned, add(there.filter(({ stage }) => OPEN_STAGES.includes(stage)))],
      ['shipped', shipped, add(there.filter(({ stage }) => stage === 'handed_over'))],
      ['reversed', reversed, add(reversalsOf.of(subject))],
    ] as const;
    const problems = compared
      .filter(([, counted, found]) => counted !== found)
      .map(([count, counted, found]) => `${counted} are ${count}, the rows make ${found}`);
    if (planned + shipped + reversed - returned > quantity || returned > Math.min(shipped, reversed))
      problems.push(
        `${planned} planned, ${shipped} shipped, ${reversed} reversed and ${returned} returned of ${quantity} cannot be`,
      );
    return problems.map((problem) => ({ invariant: 'I1', subject, problem }) as const);
  });
}

/** Pieces of lines that do not exist. */
function strangers({ lines, shipments, reversals }: PieceBooks): Finding[] {
  const known = new Set(lines.map(({ orderNo, lineNo }) => pieceKey(orderNo, lineNo)));
  const named = [
    ...shipments.flatMap(({ orderNo, lines }) => lines.map(({ lineNo }) => pieceKey(orderNo, lineNo))),
    ...reversals.map(({ orderNo, lineNo }) => pieceKey(orderNo, lineNo)),
  ];
  return [...new Set(named)]
    .filter((key) => !known.has(key))
    .map((subject) => ({ invariant: 'I1', subject, problem: 'it has pieces, and no order has this line' }));
}

/** Reversals never carry more than went back; of a line that was cancelled whole they carry all of it. */
function reversedMoney({ orders, lines, reversals }: PieceBooks): Finding[] {
  const ofOrder = grouped(reversals, ({ orderNo }) => orderNo);
  const ofLine = grouped(reversals, ({ orderNo, lineNo }) => pieceKey(orderNo, lineNo));
  const cashOf = (rows: readonly Reversal[]) => sumOf(rows, ({ cashFen }) => cashFen);
  const cancelled = new Set(
    orders
      .filter(
        ({ state, priceCutFen, freightCutFen }) =>
          state === 'cancelled' && priceCutFen + freightCutFen === 0n,
      )
      .map(({ orderNo }) => orderNo),
  );
  const note = (subject: string, problem: string): Finding => ({ invariant: 'I2', subject, problem });
  const isWhole = ({ orderNo, lineNo, quantity }: Line) =>
    cancelled.has(orderNo) && add(ofLine.of(pieceKey(orderNo, lineNo))) === quantity;
  return [
    ...orders.flatMap(({ orderNo, givenBackFen }) => {
      const carried = cashOf(ofOrder.of(orderNo));
      if (carried <= givenBackFen) return [];
      return [
        note(`order ${orderNo}`, `its reversals carry ${yuan(carried)}, ${yuan(givenBackFen)} went back`),
      ];
    }),
    ...lines.filter(isWhole).flatMap(({ orderNo, lineNo, amounts }) => {
      const carried = cashOf(ofLine.of(pieceKey(orderNo, lineNo)));
      if (carried === amounts.payableFen) return [];
      return [
        note(
          pieceKey(orderNo, lineNo),
          `it was taken back whole; its reversals carry ${yuan(carried)} of ${yuan(amounts.payableFen)}`,
        ),
      ];
    }),
  ];
}
