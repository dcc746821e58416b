import type { Fen } from '../money.ts';
import { type ChoosableRequest, count, type LineQuantity, requestToChooseOn } from '../order/cancellation.ts';
import { accept, change, type Decision, noEffects, refuse } from '../order/effects.ts';
import type { OrderNode } from '../order/node.ts';
import { isWithin, sentPieces } from '../order/progress.ts';
import { isPossible } from '../order/states.ts';
import { holding } from '../order/steps/holds.ts';
import { type CaseKind, type CasePiece, forMoney } from './case.ts';
import { type AfterSalePeriods, periodMs } from './deadlines.ts';
import { REASONS, type Reason } from './reasons.ts';

export interface OpenCommand {
  kind: CaseKind;
  reason: Reason;
  pieces: readonly WantedPiece[];
  sealedWords: Buffer;
}

/** Pieces that a case is about; of an exchange the SKU that is wanted for them, the same where none is named (RT-8). */
export interface WantedPiece extends LineQuantity {
  wantSkuId?: string | undefined;
}

/** A SKU that something could be exchanged for, as the catalogue has it now. */
export interface ExchangeableItem {
  skuId: string;
  shopId: string;
  priceFen: Fen;
  onSale: boolean;
}

export interface OpenInput {
  leaf: OrderNode;
  command: OpenCommand;
  /** The SKUs that an exchange names. */
  items: readonly ExchangeableItem[];
  /** Pieces of the leaf in cases that are open. */
  inCases: readonly LineQuantity[];
  /** Its shop's periods. */
  periods: AfterSalePeriods;
  /** When it was received; null while it is not. */
  receivedAt: Date | null;
  /** All its parcels are signed for. */
  isSigned: boolean;
  caseNo: string;
  actor: string;
  at: Date;
}

/** How long after the receipt a case can be opened (RT-7), by whose fault it is. */
const WINDOW = { buyer: 'returnWithoutReason', merchant: 'returnAtFault' } as const;

/**
 * A buyer opens a case about pieces that have left (RF-2, RT-1): its hold stops the leaf's receipt and the settlement of
 * its lines from the same step on (RT-7). A piece is in one open case at a time.
 */
export function openCase(input: OpenInput): Decision {
  const { leaf, command, caseNo, inCases, periods, receivedAt, at } = input;
  if (!isPossible('open_case', leaf.state)) return refuse('not_returnable', leaf.state);
  const windowMs = periodMs(periods, WINDOW[REASONS[command.reason]]);
  if (receivedAt && at.getTime() - receivedAt.getTime() > windowMs)
    return refuse('return_window_over', leaf.state);
  if (!isWithin(command.pieces, returnablePieces(leaf, inCases)))
    return refuse('more_than_shipped', leaf.state);
  const { orderNo, buyerId, merchantId } = leaf;
  if (merchantId === null) return refuse('not_returnable', leaf.state);
  const pieces = command.pieces.map((piece) => pieceOf(input, piece));
  if (pieces.includes(null)) return refuse('not_exchangeable', leaf.state);
  // An order has one line of a SKU.
  const wanted = pieces.flatMap((piece) => piece?.wantSkuId ?? []);
  if (new Set(wanted).size < wanted.length) return refuse('wanted_twice', leaf.state);
  const effects = noEffects();
  effects.nodes.push(change(leaf, 'open_case', leaf.state, holding(leaf, at)));
  effects.holds.push({
    holdId: caseNo,
    orderNo,
    reason: 'after-sale case',
    placedBy: input.actor,
    placed: true,
  });
  effects.cases.push({
    ...{ caseNo, orderNo, buyerId, merchantId, holdId: caseNo, wasSigned: input.isSigned, periods },
    ...command,
    pieces: pieces.filter((piece) => piece !== null),
    state: 'applied',
    dueAt: new Date(at.getTime() + periodMs(periods, 'merchantAnswers')),
  });
  effects.caseLog.push({
    ...{ caseNo, action: 'apply', actor: input.actor, fromState: null, toState: 'applied' as const },
    words: null,
  });
  effects.notices.push({
    orderNo,
    event: `after_sale_applied:${caseNo}`,
    recipient: `merchant:${merchantId}`,
    params: { caseNo, kind: command.kind, reason: command.reason },
  });
  return accept(effects);
}

/** A piece with the price difference frozen; null where what is wanted is not this shop's, or not on sale (RT-8). */
function pieceOf({ leaf, command, items }: OpenInput, piece: WantedPiece): CasePiece | null {
  const { lineNo, quantity } = piece;
  if (command.kind !== 'exchange') return forMoney({ lineNo, quantity });
  const line = leaf.lines.find((candidate) => candidate.lineNo === lineNo);
  if (!line) return null;
  const wantSkuId = piece.wantSkuId ?? line.skuId;
  if (wantSkuId === line.skuId) return { lineNo, quantity, wantSkuId, differenceFen: 0n };
  const item = items.find(({ skuId }) => skuId === wantSkuId);
  if (!item?.onSale || item.shopId !== leaf.shopId) return null;
  const differenceFen = (item.priceFen - line.unitPriceFen) * BigInt(quantity);
  return { lineNo, quantity, wantSkuId, differenceFen };
}

/** Pieces that have left, were not taken back, and are in no open case. */
export function returnablePieces(
  leaf: Pick<OrderNode, 'lines' | 'progress'>,
  inCases: readonly LineQuantity[],
): LineQuantity[] {
  return sentPieces(leaf).flatMap(({ lineNo, quantity }) => {
    const busy = inCases
      .filter((piece) => piece.lineNo === lineNo)
      .reduce((sum, piece) => sum + piece.quantity, 0);
    const free = quantity - busy;
    return free > 0 ? [{ lineNo, quantity: free }] : [];
  });
}

/** The number of the case about a parcel that was refused. */
export const refusalCaseNo = (shipmentNo: string): string => `${shipmentNo}R`;

/**
 * A parcel was refused at the door, or comes back undelivered (LG-3): its pieces are on their way back without anybody
 * applying. The merchant inspects them when they arrive; the buyer bears the freight.
 */
export function openRefusal(
  leaf: OrderNode,
  parcel: {
    shipmentNo: string;
    lines: readonly LineQuantity[];
    cancellations: readonly ChoosableRequest[];
  },
  ground: Pick<OpenInput, 'inCases' | 'periods'>,
  at: Date,
): Decision {
  const { orderNo, buyerId, merchantId } = leaf;
  const free = returnablePieces(leaf, ground.inCases);
  const pieces = parcel.lines.flatMap(({ lineNo, quantity }) => {
    const left = free.find((piece) => piece.lineNo === lineNo)?.quantity ?? 0;
    return left > 0 && quantity > 0 ? [{ lineNo, quantity: Math.min(left, quantity) }] : [];
  });
  if (!isPossible('parcel', leaf.state) || merchantId === null) return refuse('not_returnable', leaf.state);
  if (pieces.length === 0) return refuse('more_than_shipped', leaf.state);
  const caseNo = refusalCaseNo(parcel.shipmentNo);
  const effects = noEffects();
  // Who refuses at the door what could not be cancelled has chosen (CN-6), where nothing else of it is left to return.
  const chosenOn = requestToChooseOn({ state: leaf.state, cancellations: parcel.cancellations });
  if (chosenOn !== null && count(free) === count(pieces))
    effects.cancellationsChosen.push({ cancellationNo: chosenOn, choice: 'return' });
  effects.nodes.push(change(leaf, 'parcel', leaf.state, holding(leaf, at)));
  const hold = { holdId: caseNo, orderNo, reason: 'parcel refused', placedBy: 'carrier' };
  effects.holds.push({ ...hold, placed: true });
  effects.cases.push({
    ...{
      caseNo,
      orderNo,
      buyerId,
      merchantId,
      holdId: caseNo,
      wasSigned: false,
      periods: ground.periods,
      sealedWords: null,
    },
    pieces: pieces.map(forMoney),
    shipmentNo: parcel.shipmentNo,
    ...{ kind: 'return_refund', reason: 'refused_delivery', state: 'returning' },
    dueAt: new Date(at.getTime() + periodMs(ground.periods, 'parcelArrives')),
  });
  effects.caseLog.push({
    ...{ caseNo, action: 'refused', actor: 'carrier', fromState: null },
    ...{ toState: 'returning', words: null },
  });
  for (const recipient of [`buyer:${buyerId}`, `merchant:${merchantId}`])
    effects.notices.push({ orderNo, event: `after_sale_returning:${caseNo}`, recipient, params: { caseNo } });
  return { ...accept(effects), toDo: { startCase: caseNo } };
}
