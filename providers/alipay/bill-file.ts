import type { Readable } from 'node:stream';
import iconv from 'iconv-lite';
import { type Entry, fromBufferPromise } from 'yauzl';
import { type Bill, ProviderError } from '../payments/port.ts';
import { succeeded } from './answers.ts';
import { parseBill, unreadable } from './bill.ts';
import { failedCall, refusal } from './errors.ts';
import type { Call } from './sdk.ts';

/** A bill is a few hundred bytes a line; what is larger than this is no bill. */
const LARGEST_BYTES = 256 * 1024 * 1024;
/** How long the download may take in all; its address dies after 30 s at Alipay. */
const DOWNLOAD_TIMEOUT_MS = 120_000;
const ENCODING = 'gbk';
/** Beside it lies the summary, `…_业务明细(汇总).csv`. */
const DETAIL_FILE = '_业务明细.csv';
const UTF8_NAME = 0x800;

/**
 * The trade bill of a Beijing day (PY-9). Alipay makes it the next morning; until then the call is refused, which is
 * `bill_not_ready` and retryable here.
 */
export async function fetchBill(call: Call, day: string): Promise<Bill> {
  const method = 'alipay.data.dataservice.bill.downloadurl.query';
  const answer = await call(method, { billType: 'trade', billDate: day });
  if (answer.subCode === 'isp.bill_not_exist') throw notReady(day);
  if (!succeeded(answer)) throw refusal(method, answer);
  const file = await download(method, String(answer.billDownloadUrl));
  return { day, lines: parseBill(await detailOf(file), day) };
}

function notReady(day: string): ProviderError {
  const message = `Alipay has no bill of ${day} yet`;
  return new ProviderError({ provider: 'alipay', code: 'bill_not_ready', message, retryable: true });
}

async function download(method: string, url: string): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
    if (!response.ok || !response.body) throw new Error(`the download answered ${response.status}`);
    return await gather(response.body, LARGEST_BYTES);
  } catch (error) {
    throw error instanceof ProviderError ? error : failedCall(method, error);
  }
}

/** The text of the detail file in a bill's zip. Throws a ProviderError `bill_unreadable`. */
export async function detailOf(zip: Buffer): Promise<string> {
  try {
    const archive = await fromBufferPromise(zip, { lazyEntries: true, decodeStrings: false });
    let detail: Entry | null = null;
    let bytes = 0;
    for await (const entry of archive.eachEntry()) {
      bytes += entry.uncompressedSize;
      if (bytes > LARGEST_BYTES) throw unreadable(`its files have more than ${LARGEST_BYTES} bytes`);
      if (nameOf(entry).endsWith(DETAIL_FILE)) detail = entry;
    }
    if (!detail) throw unreadable(`its zip has no file …${DETAIL_FILE}`);
    // Ends with an error where a file has more or fewer bytes than it states, so that the bound above holds.
    const stream: Readable = await archive.openReadStreamPromise(detail);
    return iconv.decode(await gather(stream, LARGEST_BYTES), ENCODING);
  } catch (error) {
    throw error instanceof ProviderError ? error : unreadable((error as Error).message, error);
  }
}

/** A zip's names are GBK like the files, unless flagged as UTF-8. */
function nameOf(entry: Entry): string {
  const encoding = (entry.generalPurposeBitFlag & UTF8_NAME) === 0 ? ENCODING : 'utf8';
  return iconv.decode(entry.fileNameRaw, encoding);
}

async function gather(chunks: AsyncIterable<Uint8Array>, largestBytes: number): Promise<Buffer> {
  const gathered: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > largestBytes) throw unreadable(`it has more than ${largestBytes} bytes`);
    gathered.push(chunk);
  }
  return Buffer.concat(gathered);
}
