import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { type BillRow, detailFile, discrepant, rowsOf, summaryFile } from './bill.ts';
import type { Books } from './books.ts';
import type { AlipayFaults } from './faults.ts';
import { beijing } from './wire.ts';

/** How long the address of a bill lives. */
const OFFER_MS = 30_000;
/** Alipay's account numbers are the partner's with this behind it. */
const ACCOUNT_SUFFIX = '0156';

interface Settings {
  books: Books;
  faults: AlipayFaults;
  app: { sellerId: string };
}

/** The provider's bills: first an address is asked for, then the file is fetched there without a signature. */
export class BillDesk {
  readonly #settings: Settings;
  readonly #offers = new Map<string, { day: string; untilMs: number }>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * A token for the bill of a Beijing day; null for a day that has not come. Alipay makes a bill the next morning; here
   * today's can be had at once, so that nobody has to wait for a night.
   */
  offer(day: string): string | null {
    const now = Date.now();
    if (day > beijing(now).slice(0, 10)) return null;
    for (const [token, { untilMs }] of this.#offers) if (untilMs <= now) this.#offers.delete(token);
    const token = randomBytes(16).toString('base64url');
    this.#offers.set(token, { day, untilMs: now + OFFER_MS });
    return token;
  }

  /** The zip of a bill and its name; null for a token that is unknown or too old. */
  async take(token: string): Promise<{ name: string; zip: Buffer } | null> {
    const offer = this.#offers.get(token);
    if (!offer || offer.untilMs <= Date.now()) return null;
    const { day } = offer;
    const account = `${this.#settings.app.sellerId}${ACCOUNT_SUFFIX}`;
    const rows = this.#rows(day);
    const name = `${account}_${day.replaceAll('-', '')}`;
    const zip = new ZipFile();
    zip.addBuffer(detailFile(rows, account, day), `${name}_业务明细.csv`);
    zip.addBuffer(summaryFile(rows, account, day), `${name}_业务明细(汇总).csv`);
    zip.end();
    return { name: `${name}.csv.zip`, zip: await buffer(zip.outputStream) };
  }

  /** The rows of a day; each discrepancy in force alters the first row that its rule allows. */
  #rows(day: string): BillRow[] {
    const { books, faults } = this.#settings;
    const rows = rowsOf(books.all(), day);
    return (['missing', 'extra', 'amount'] as const).reduce((altered, kind) => {
      const index = altered.findIndex((row) =>
        faults.take('billDiscrepancy', row.outTradeNo, (value) => value === kind),
      );
      return index < 0 ? altered : discrepant(altered, index, kind);
    }, rows);
  }
}
