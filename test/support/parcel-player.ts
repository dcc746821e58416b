import type { CaseCommand } from '../../domain/after-sale/case.ts';
import { chooseAfterRefusal, type LeftParcel } from '../../domain/after-sale/choose.ts';
import { refusalCaseNo } from '../../domain/after-sale/open.ts';
import type { CancellationChoice } from '../../domain/order/cancellation.ts';
import { type ParcelReport, type ParcelTrouble, reportParcel } from '../../domain/order/steps/parcel.ts';
import { CasePlayer } from './case-player.ts';
import type { Dice } from './dice.ts';
import { same } from './same.ts';
import { WITH_SYSTEM } from './warehouse-walk.ts';

/** The parcels of one leaf with their carrier, and what their buyer makes of them. */
export class ParcelPlayer extends CasePlayer {
  protected readonly alarms = new Map<string, ParcelTrouble>();

  /** What is reported is looked at with the leaf, afresh at each try. */
  protected report(reportNow: () => ParcelReport, dice: Dice, effect = () => {}): boolean {
    const { model } = this;
    const signedReceiptSeconds = dice.one([null, 0, 259_200]) ?? null;
    const decide = () => reportParcel(model.leaf, reportNow(), { signedReceiptSeconds }, model.at);
    return this.take(decide, { effect });
  }

  sign(dice: Dice): boolean {
    const parcel = dice.one(this.underWay);
    if (!parcel) return false;
    const { shipmentNo } = parcel;
    this.signed.add(shipmentNo);
    const theCase = this.caseAbout(shipmentNo);
    const isDelivered =
      theCase !== undefined && this.command(theCase.caseNo, { do: 'delivered', by: 'carrier' });
    if (isDelivered) this.stage.count('delivered');
    const report = () => ({ what: 'signed' as const, signedAt: this.model.at });
    return (this.isSigned && this.report(report, dice)) || isDelivered;
  }

  /** The carrier brings back what was refused at the door (LG-3). */
  refuseAtDoor(dice: Dice): boolean {
    const { model } = this;
    const parcel = dice.one(this.underWay);
    if (!parcel || this.stage.isMerchantsFault) return false;
    const { shipmentNo, lines } = parcel;
    this.refused.add(shipmentNo);
    const joined = this.caseAbout(shipmentNo);
    const isAccepted = this.take(() => {
      const report = {
        ...{ what: 'refused' as const, shipmentNo, lines, inCases: model.inCases, periods: {} },
        ...{ joins: this.caseAbout(shipmentNo) ?? null, cancellations: model.requests },
      };
      return reportParcel(model.leaf, report, { signedReceiptSeconds: null }, model.at);
    });
    if (isAccepted && joined) {
      this.stage.count('joined');
      same(model.cases.has(refusalCaseNo(shipmentNo)), false);
    }
    return isAccepted;
  }

  returnSigned(dice: Dice): boolean {
    const theCase = dice.one(
      this.model.openCases.filter(({ state }) => state === 'returning' || state === 'awaiting_parcel'),
    );
    if (!theCase) return false;
    const parcel = theCase.parcels.at(-1);
    const command = {
      do: 'parcel_signed',
      by: 'carrier',
      ...(parcel ? { shipmentNo: parcel.shipmentNo } : {}),
    };
    return this.command(theCase.caseNo, command as CaseCommand);
  }

  /** A cancel was refused: its buyer keeps what has left, or wants it to come back (CN-6). */
  choose(dice: Dice): boolean {
    const { model } = this;
    const cancellationNo = dice.one(model.requests)?.cancellationNo;
    if (!cancellationNo) return false;
    // What is brought back is at its buyer's fault.
    const isKept = this.stage.isMerchantsFault || dice.below(4) === 0;
    const choice: CancellationChoice = isKept ? 'keep' : 'return';
    const isAccepted = this.take(() =>
      chooseAfterRefusal({
        ...{ leaf: model.leaf, cancellations: model.requests, cancellationNo, choice },
        ...{ parcels: this.#leftParcels(cancellationNo), inCases: model.inCases, periods: {} },
        ...{ actor: 'buyer:B', at: model.at },
      }),
    );
    if (isAccepted) this.stage.count(`${choice} after a refused cancel`);
    return isAccepted;
  }

  #leftParcels(cancellationNo: string): LeftParcel[] {
    return this.sent.map(({ shipmentNo, partOf, lines, warehouseId }) => ({
      ...{ shipmentNo, lines, deliveryNo: partOf ?? shipmentNo, trackState: this.trackOf(shipmentNo) },
      hasSystem: WITH_SYSTEM.includes(warehouseId ?? ''),
      caseNo: `${shipmentNo}A${cancellationNo}`,
    }));
  }

  /** The carrier was asked to bring a parcel back, and does or does not. */
  intercept(
    dice: Dice,
    theCase = dice.one(this.model.openCases.filter(({ reason }) => reason === 'cancelled_late')),
  ): boolean {
    const word = dice.one(['intercepted', 'intercept_failed'] as const) ?? 'intercepted';
    if (!theCase || !this.command(theCase.caseNo, { do: word, by: 'warehouse' })) return false;
    this.stage.count(word);
    return true;
  }
}
