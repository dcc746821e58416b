import type { HandedOverParcel } from '../warehouse/port.ts';
import { carrierOf } from './codes.ts';
import { elementsAt, textAt, type XmlElement } from './xml.ts';

interface Line {
  lineNo: number;
  skuId: string;
  /** What left under this line and is in no parcel yet. */
  left: number;
}

type ParcelLine = HandedOverParcel['lines'][number];

/**
 * The parcels of a confirmation or a query. Packages name items, not lines: their quantities are taken from the lines of
 * that item in order, and a single package that lists nothing holds all. Null where a carrier is not known to us, or
 * packages and lines contradict each other.
 */
export function readParcels(root: XmlElement): HandedOverParcel[] | null {
  const lines = readLines(root);
  if (!lines) return null;
  const packages = elementsAt(root, 'packages', 'package');
  const parcels: HandedOverParcel[] = [];
  for (const one of packages) {
    const carrier = carrierOf(textAt(one, 'logisticsCode') ?? '');
    const trackingNo = textAt(one, 'expressCode');
    const items = elementsAt(one, 'items', 'item');
    const contents = items.length === 0 && packages.length === 1 ? takeAll(lines) : takeItems(items, lines);
    if (!carrier || !trackingNo || !contents || contents.length === 0) return null;
    parcels.push({ carrier, trackingNo, weightGrams: gramsOf(textAt(one, 'weight')), lines: contents });
  }
  return parcels;
}

function readLines(root: XmlElement): Line[] | null {
  const lines: Line[] = [];
  for (const line of elementsAt(root, 'orderLines', 'orderLine')) {
    const lineNo = countOf(textAt(line, 'orderLineNo'));
    const skuId = textAt(line, 'itemCode');
    const left = countOf(textAt(line, 'actualQty') ?? '0');
    if (lineNo === null || skuId === null || left === null) return null;
    lines.push({ lineNo, skuId, left });
  }
  return lines;
}

function takeAll(lines: readonly Line[]): ParcelLine[] {
  return lines.filter(({ left }) => left > 0).map((line) => take(line, line.left));
}

function takeItems(items: readonly XmlElement[], lines: readonly Line[]): ParcelLine[] | null {
  const missing = new Map<string, number>();
  for (const item of items) {
    const skuId = textAt(item, 'itemCode');
    const quantity = countOf(textAt(item, 'quantity'));
    if (skuId === null || quantity === null) return null;
    missing.set(skuId, (missing.get(skuId) ?? 0) + quantity);
  }
  const taken: ParcelLine[] = [];
  for (const line of lines) {
    const wanted = missing.get(line.skuId) ?? 0;
    const quantity = Math.min(line.left, wanted);
    if (quantity === 0) continue;
    missing.set(line.skuId, wanted - quantity);
    taken.push(take(line, quantity));
  }
  return [...missing.values()].every((quantity) => quantity === 0) ? taken : null;
}

function take(line: Line, quantity: number): ParcelLine {
  line.left -= quantity;
  return { lineNo: line.lineNo, skuId: line.skuId, quantity };
}

const countOf = (text: string | null): number | null =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;

const GRAMS_PER_KILOGRAM = 1000;

/** Qimen weighs in kilograms. Null where nothing was weighed. */
function gramsOf(kilograms: string | null): number | null {
  if (kilograms === null || !/^\d{1,6}(\.\d+)?$/.test(kilograms)) return null;
  return Math.round(Number(kilograms) * GRAMS_PER_KILOGRAM) || null;
}
