import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { refused } from './refusal.ts';

const escaped = (text: string): string =>
  text.replaceAll(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** A document of plain elements. */
export function xml(root: string, elements: Readonly<Record<string, string>>): string {
  const content = Object.entries(elements).map(([name, text]) => `<${name}>${escaped(text)}</${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${content.join('')}</${root}>`;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  isArray: (name) => name === 'Part',
});

const completion = z.object({
  CompleteMultipartUpload: z.object({
    Part: z
      .array(
        z.object({
          ETag: z.string().transform((tag) => tag.replaceAll(/^"|"$/g, '')),
          PartNumber: z.coerce.number().int().min(1).max(10_000),
        }),
      )
      .min(1),
  }),
});

/** The parts that a `CompleteMultipartUpload` names. Throws a Refusal for any other document. */
export function readParts(text: string): { ETag: string; PartNumber: number }[] {
  try {
    return completion.parse(parser.parse(text, true)).CompleteMultipartUpload.Part;
  } catch {
    throw refused('MalformedXML');
  }
}
