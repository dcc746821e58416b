import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { CsvError, parse } from 'csv-parse';
import { Problem } from '../../errors.ts';

export const MAX_ROWS = 10_000;
const HEADER = ['order_no', 'carrier', 'tracking_no'];
/** Far more than a good row has; a quote that is never closed ends here. */
const MAX_ROW_CHARACTERS = 1_000;

/** A row as it was written; `line` counts from 1, which is the header's. Null where it has not the header's fields. */
export interface FileRow {
  line: number;
  fields: { orderNo: string; carrier: string; trackingNo: string } | null;
}

/**
 * Reads a file of shipments (FU-3): UTF-8 with or without a byte order mark, comma-separated as in RFC 4180. What makes
 * the file unreadable as a whole throws `invalid_request`; a row that is merely odd is its judge's business.
 */
export async function readShipmentFile(body: globalThis.ReadableStream | null): Promise<FileRow[]> {
  if (!body) throw new Problem('invalid_request', 'The file is empty.');
  const rows: FileRow[] = [];
  let hasHeader = false;
  const take = ({ record, info }: { record: string[]; info: { lines: number } }) => {
    if (!hasHeader) {
      if (record.join() !== HEADER.join())
        throw new Problem('invalid_request', `The first line is to be ${HEADER.join()}.`);
      hasHeader = true;
      return;
    }
    if (rows.length === MAX_ROWS)
      throw new Problem('invalid_request', `The file has more than ${MAX_ROWS} rows. Split it.`);
    const [orderNo = '', carrier = '', trackingNo = ''] = record;
    const complete = record.length === HEADER.length;
    rows.push({ line: info.lines, fields: complete ? { orderNo, carrier, trackingNo } : null });
  };
  try {
    await pipeline(
      Readable.fromWeb(body as ReadableStream),
      async function* decode(chunks: AsyncIterable<Uint8Array>) {
        const decoder = new TextDecoder('utf-8', { fatal: true });
        for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
        yield decoder.decode();
      },
      parse({
        info: true,
        trim: true,
        skip_empty_lines: true,
        relax_column_count: true,
        max_record_size: MAX_ROW_CHARACTERS,
      }),
      async (records: AsyncIterable<Parameters<typeof take>[0]>) => {
        for await (const each of records) take(each);
      },
    );
  } catch (error) {
    throw unreadable(error) ?? error;
  }
  if (!hasHeader) throw new Problem('invalid_request', 'The file is empty.');
  return rows;
}

function unreadable(error: unknown): Problem | undefined {
  if (error instanceof CsvError)
    return new Problem('invalid_request', `The file is not well-formed CSV: ${error.message}`);
  if ((error as { code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return new Problem('invalid_request', 'The file is not UTF-8. Save it as CSV in UTF-8.');
  return undefined;
}
