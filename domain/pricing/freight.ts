import { type Fen, sumFen } from '../money.ts';
import { apportion } from './apportion.ts';
import { groupBy } from './group.ts';
import { baseOf, explain, type LineState, type PricingState } from './state.ts';
import type { BasketLine, FreightRate, FreightTemplate, PricingInput } from './types.ts';

/**
 * Freight (运费) per shop and template (CK-7, decisions 1–3). Free from an amount (after member price and promotions)
 * or a count of pieces on; apportioned to the lines by the template's own measure. Lines that cannot be delivered to
 * the region are named and carry no freight: a quote with any cannot be submitted.
 */
export function freight(state: PricingState, input: PricingInput): PricingState {
  const templates = new Map(input.freightTemplates.map((template) => [template.freightTemplateId, template]));
  const parcels = groupBy(state.lines, ({ line }) => JSON.stringify([line.shopId, line.freightTemplateId]));
  return [...parcels.keys()].sort().reduce((current, key) => {
    const lines = parcels.get(key) as LineState[];
    const template = templates.get((lines[0] as LineState).line.freightTemplateId) as FreightTemplate;
    return template.undeliverableRegions.includes(input.region)
      ? refuseDelivery(current, lines)
      : chargeFreight(current, lines, template, input.region);
  }, state);
}

/** The fee of one parcel: the first units, then every additional unit begun (首重 / 续重). */
export function freightFee(rate: FreightRate, units: bigint): Fen {
  const beyond = units - BigInt(rate.firstUnits);
  if (beyond <= 0n || rate.additionalUnits <= 0) return rate.firstFen;
  const step = BigInt(rate.additionalUnits);
  return rate.firstFen + ((beyond + step - 1n) / step) * rate.additionalFen;
}

function refuseDelivery(state: PricingState, lines: readonly LineState[]): PricingState {
  const skuIds = lines.map(({ line }) => line.skuId);
  return { ...state, undeliverableSkuIds: [...state.undeliverableSkuIds, ...skuIds].sort() };
}

function chargeFreight(
  state: PricingState,
  parcel: readonly LineState[],
  template: FreightTemplate,
  region: string,
): PricingState {
  const measures = parcel.map(({ line }) => measureOf(line, template.measure));
  const free = isFree(parcel, template);
  const rate = template.rates[region] ?? template.rates.default;
  const feeFen = free ? 0n : freightFee(rate, sumFen(measures));
  const skuIds = parcel.map(({ line }) => line.skuId);
  const parts = apportion(feeFen, measures, skuIds);
  const lines = state.lines.map((line) => {
    const index = skuIds.indexOf(line.line.skuId);
    return index < 0 ? line : { ...line, freightFen: parts[index] as Fen };
  });
  const name = free ? '包邮' : '运费';
  return explain(
    { ...state, lines },
    { step: 'freight', sourceId: template.freightTemplateId, name, amountFen: feeFen },
  );
}

function isFree(parcel: readonly LineState[], { freeAboveFen, freeAbovePieces }: FreightTemplate): boolean {
  const pieces = parcel.reduce((sum, { line }) => sum + line.quantity, 0);
  return (
    (freeAboveFen !== null && baseOf(parcel) >= freeAboveFen) ||
    (freeAbovePieces !== null && pieces >= freeAbovePieces)
  );
}

function measureOf(line: BasketLine, measure: FreightTemplate['measure']): bigint {
  const perUnit = { piece: 1, weight: line.weightGrams, volume: line.volumeCm3 }[measure];
  return BigInt(perUnit) * BigInt(line.quantity);
}
