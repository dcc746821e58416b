import { createHash } from 'node:crypto';
import { fileTypeFromBuffer } from 'file-type';
import { Problem } from '../../errors.ts';

const MIB = 1024 * 1024;
const picture = { maxBytes: 5 * MIB } as const;
const video = { maxBytes: 30 * MIB } as const;

/** What may be evidence, by media type. Nothing of it can carry a script. */
export const EVIDENCE_TYPES: Readonly<Record<string, { extension: string; maxBytes: number }>> = {
  'image/jpeg': { extension: 'jpg', ...picture },
  'image/png': { extension: 'png', ...picture },
  'image/webp': { extension: 'webp', ...picture },
  'image/gif': { extension: 'gif', ...picture },
  'video/mp4': { extension: 'mp4', ...video },
  'video/quicktime': { extension: 'mov', ...video },
  'video/webm': { extension: 'webm', ...video },
};

/** A file with what is around it in its request. */
export const MAX_EVIDENCE_BODY_BYTES = 32 * MIB;

/** As much as says what a file is. */
const HEAD_BYTES = 4096;

export interface EvidenceFile {
  mediaType: string;
  /** To be read once. Fails with Problem `evidence_too_large` where there is more than the type may have. */
  content: AsyncIterable<Uint8Array>;
  /** What was read until now: all of the file once `content` is at its end. */
  read: () => { bytes: number; sha256: string };
}

/** Tells by its first bytes what a file is, whatever it is called; Problem `evidence_type` if it cannot be evidence. */
export async function openEvidence(file: AsyncIterator<Uint8Array>): Promise<EvidenceFile> {
  let head = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const next = await file.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const mediaType = (await fileTypeFromBuffer(head))?.mime ?? 'unknown';
  const type = EVIDENCE_TYPES[mediaType];
  if (!type) throw new Problem('evidence_type', undefined, { allowed: Object.keys(EVIDENCE_TYPES) });

  const hash = createHash('sha256');
  let bytes = 0;
  const counted = (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > type.maxBytes)
      throw new Problem('evidence_too_large', undefined, { maxBytes: type.maxBytes });
    hash.update(chunk);
    return chunk;
  };
  async function* content() {
    yield counted(head);
    for (let next = await file.next(); !next.done; next = await file.next()) yield counted(next.value);
  }
  return {
    mediaType,
    content: content(),
    read: () => ({ bytes, sha256: hash.copy().digest('hex') }),
  };
}
