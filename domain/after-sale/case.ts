import type { Fen } from '../money.ts';
import type { LineQuantity } from '../order/cancellation.ts';
import type { AfterSalePeriods, Period } from './deadlines.ts';
import { isOfOutbound, needsAddress, type Outbound, onOutbound } from './outbound.ts';
import { cannotCorrect, isNewest, type SentBack } from './parcels.ts';
import type { Reason } from './reasons.ts';

/** What a buyer asks for after shipping: money alone, money for goods that come back, or other goods for them (RT-8). */
export const CASE_KINDS = ['refund_only', 'return_refund', 'exchange'] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

/**
 * Where a case is, by whose turn it is: `applied`, the merchant answers; `countered`, the buyer answers an offer;
 * `rejected` and `inspection_failed`, either side may call the platform; `intercepting`, the carrier says whether it
 * brings the parcel back (CN-6); `awaiting_parcel`, the buyer sends the goods;
 * `returning`, they are on their way and the merchant inspects; `disputed`, both sides give evidence; `arbitration`, the
 * platform decides.
 */
export const CASE_STATES = [
  'applied',
  'countered',
  'rejected',
  'intercepting',
  'awaiting_parcel',
  'returning',
  'inspection_failed',
  'disputed',
  'arbitration',
  'refunded',
  'exchanged',
  'closed',
] as const;
export type CaseState = (typeof CASE_STATES)[number];

export const isCaseOver = (state: CaseState): boolean =>
  state === 'refunded' || state === 'exchanged' || state === 'closed';

/** Pieces of a case; for an exchange with what is wanted for them and what that costs more, in fen (RT-8). */
export interface CasePiece extends LineQuantity {
  wantSkuId: string | null;
  differenceFen: Fen | null;
}

/** Pieces for which nothing is wanted but their money. */
export const forMoney = (piece: LineQuantity): CasePiece => ({
  ...piece,
  wantSkuId: null,
  differenceFen: null,
});

/** A case as its row is. */
export interface AfterSale {
  caseNo: string;
  orderNo: string;
  kind: CaseKind;
  reason: Reason;
  state: CaseState;
  version: number;
  pieces: readonly CasePiece[];
  /** What the merchant offers instead, in fen. */
  offerFen: Fen | null;
  /** Its shop's periods when it was opened. */
  periods: AfterSalePeriods;
  /** The goods were signed for when it was opened. */
  wasSigned: boolean;
  dueAt: Date | null;
  returnTo: string | null;
  /** The parcel that it is about, where that may come back by itself. */
  outbound: Outbound | null;
  /** Oldest first: only the newest is on its way. */
  parcels: readonly SentBack[];
}

/** Pieces that came back, by what became of them (IN-6). */
export interface Disposition {
  lineNo: number;
  sellable: number;
  damaged: number;
  lost: number;
}

export type CaseCommand =
  | { do: 'withdraw'; by: 'buyer' }
  | { do: 'agree'; by: 'merchant'; returnTo?: string; instructions?: string }
  | { do: 'reject'; by: 'merchant'; words: string }
  | { do: 'offer'; by: 'merchant'; amountFen: Fen }
  | { do: 'accept_offer' | 'reject_offer'; by: 'buyer' }
  | { do: 'send_back'; by: 'buyer'; carrier: string; trackingNo: string }
  | { do: 'pass'; by: 'merchant'; dispositions: readonly Disposition[]; refundInstead?: boolean }
  | { do: 'fail'; by: 'merchant'; words: string }
  | { do: 'dispute'; by: 'buyer' | 'merchant'; words: string }
  | { do: 'decide'; by: 'platform'; outcome: 'refund' | 'return' | 'dismiss'; amountFen?: Fen; words: string }
  /** Of a parcel that the buyer sent back, or of one that was refused: that has no number of its own. */
  | { do: 'parcel_signed'; by: 'carrier'; shipmentNo?: string }
  /** The carrier brings the parcel back, or does not, as its warehouse tells (CN-6). */
  | { do: 'intercepted' | 'intercept_failed'; by: 'warehouse' }
  /** At the buyer's door: the parcel was refused, or signed for. */
  | { do: 'parcel_refused' | 'delivered'; by: 'carrier' }
  | { do: 'give_address'; by: 'merchant'; returnTo: string; instructions?: string }
  | { do: 'time_over'; by: 'system' };

/** What a command makes of a case. */
export interface CaseChange {
  to: CaseState;
  /** How long the next one has. */
  within: Period | null;
  /** Whoever's turn it is has the time that it had. */
  keepsDue?: true;
  offerFen?: Fen;
  /** What is paid back now: the pieces' own share, or an amount beside them; or their share pays a replacement. */
  refund?: { what: 'pieces' } | { what: 'amount'; amountFen: Fen } | { what: 'exchange' };
  /** What came back goes where (IN-6). */
  dispositions?: readonly Disposition[];
  /** Why it ended without money. */
  outcome?: string;
}

const onTheWay: CaseChange = { to: 'returning', within: 'parcelArrives' };
const arrived: CaseChange = { to: 'returning', within: 'merchantInspects' };
const refundPieces: CaseChange = { to: 'refunded', within: null, refund: { what: 'pieces' } };
const close = (outcome: string): CaseChange => ({ to: 'closed', within: null, outcome });
const dispute: CaseChange = { to: 'disputed', within: 'evidence' };

/** What a command makes of a case in its state; a text is why it cannot. Pure: the caller guards by version. */
export function decide(theCase: AfterSale, command: CaseCommand): CaseChange | string {
  const { state, kind } = theCase;
  if (isCaseOver(state)) return 'case_over';
  if (command.do === 'time_over') return timeOver(theCase);
  if (command.do === 'withdraw') return isWithdrawable(state) ? close('withdrawn') : 'not_now';
  if (command.do === 'dispute')
    return state === 'rejected' || state === 'inspection_failed' ? dispute : 'not_now';
  if (isOfOutbound(command)) return onOutbound(theCase, command.do);
  if (command.do === 'give_address')
    return needsAddress(theCase) ? { to: state, within: null, keepsDue: true } : 'not_now';
  switch (state) {
    case 'applied':
      if (command.do === 'agree') return kind === 'refund_only' ? refundPieces : askForParcel();
      if (command.do === 'reject') return { to: 'rejected', within: 'someoneDisputes' };
      if (command.do === 'offer')
        return { to: 'countered', within: 'buyerAnswers', offerFen: command.amountFen };
      return 'not_now';
    case 'countered':
      if (command.do === 'accept_offer') return acceptOffer(theCase);
      if (command.do === 'reject_offer') return { to: 'rejected', within: 'someoneDisputes' };
      return 'not_now';
    case 'intercepting':
    case 'awaiting_parcel':
      if (command.do === 'send_back' && state === 'awaiting_parcel') return onTheWay;
      return command.do === 'parcel_signed' && isNewest(theCase, command.shipmentNo) ? arrived : 'not_now';
    case 'returning':
      if (command.do === 'parcel_signed') return isNewest(theCase, command.shipmentNo) ? arrived : 'not_now';
      if (command.do === 'send_back') return cannotCorrect(theCase, command) ?? onTheWay;
      if (command.do === 'pass') return pass(theCase, command);
      if (command.do === 'fail') return { to: 'inspection_failed', within: 'someoneDisputes' };
      return 'not_now';
    case 'disputed':
    case 'arbitration':
      return command.do === 'decide' ? ruling(theCase, command) : 'not_now';
    default:
      return 'not_now';
  }
}

export const isWithdrawable = (state: CaseState): boolean =>
  ['applied', 'countered', 'rejected', 'awaiting_parcel', 'inspection_failed', 'disputed'].includes(state);

const askForParcel = (): CaseChange => ({ to: 'awaiting_parcel', within: 'buyerSendsBack' });

function acceptOffer({ offerFen }: AfterSale): CaseChange | string {
  if (offerFen === null) return 'not_now';
  return { to: 'refunded', within: null, refund: { what: 'amount', amountFen: offerFen } };
}

/** What came back is all of it, each piece once, whatever its fate; a replacement that cannot be had is refunded (RT-8). */
function pass(
  { kind, pieces }: AfterSale,
  { dispositions, refundInstead }: Extract<CaseCommand, { do: 'pass' }>,
): CaseChange | string {
  const isComplete =
    dispositions.length === pieces.length &&
    pieces.every(({ lineNo, quantity }) =>
      dispositions.some((one) => one.lineNo === lineNo && one.sellable + one.damaged + one.lost === quantity),
    );
  if (!isComplete) return 'dispositions_differ';
  return kind === 'exchange' && !refundInstead
    ? { to: 'exchanged', within: null, refund: { what: 'exchange' }, dispositions }
    : { ...refundPieces, dispositions };
}

function ruling(
  { kind, state }: AfterSale,
  { outcome, amountFen }: Extract<CaseCommand, { do: 'decide' }>,
): CaseChange | string {
  if (outcome === 'dismiss') return close('dismissed');
  if (outcome === 'return')
    return kind !== 'refund_only' && state !== 'returning' ? askForParcel() : 'not_now';
  return amountFen === undefined
    ? refundPieces
    : { to: 'refunded', within: null, refund: { what: 'amount', amountFen } };
}

/**
 * The one whose turn it was stayed silent. A silent merchant has agreed (RF-3, RT-6), but no silence agrees to a
 * refund-only claim on goods that were signed for: that goes to the platform (decision 30).
 */
function timeOver({ state, kind, wasSigned }: AfterSale): CaseChange | string {
  switch (state) {
    case 'applied':
      if (kind !== 'refund_only') return askForParcel();
      return wasSigned ? dispute : refundPieces;
    case 'countered':
      return { to: 'rejected', within: 'someoneDisputes' };
    case 'intercepting':
      return { to: 'awaiting_parcel', within: 'lateParcelComesBack' };
    case 'rejected':
    case 'inspection_failed':
      return close('not_disputed');
    case 'awaiting_parcel':
      return close('not_sent_back');
    case 'returning':
      return refundPieces;
    case 'disputed':
      // The platform's own delay ends nothing: its work item is overdue, and it is reminded.
      return { to: 'arbitration', within: null };
    default:
      return 'not_now';
  }
}
