import { XMLParser } from 'fast-xml-parser';

/** An element as it was read: its own text, and its children in their order. Attributes carry nothing in Qimen. */
export interface XmlElement {
  name: string;
  text: string;
  children: readonly XmlElement[];
}

/** What is written: objects are elements in elements, arrays the same element repeatedly; null is left out. */
export type XmlContent = string | number | null | { [name: string]: XmlContent | readonly XmlContent[] };

/** A text that is not the XML it should be. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** Keeps order, text and CDATA apart; expands no entity and reads no number. */
const parser = new XMLParser({
  preserveOrder: true,
  processEntities: false,
  parseTagValue: false,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  trimValues: false,
  cdataPropName: '#cdata',
});

type Node = Record<string, unknown>;

/**
 * The root of a document. Throws an `XmlError` for what is not well-formed, and for any document type: it could name
 * entities, and Qimen has none.
 */
export function parseXml(text: string): XmlElement {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw new XmlError('a document type is not accepted');
  const roots = elementsOf(parsed(text)).children;
  const [root] = roots;
  if (!root || roots.length > 1) throw new XmlError('one root element is expected');
  return root;
}

function parsed(text: string): Node[] {
  try {
    return parser.parse(text, true) as Node[];
  } catch (error) {
    throw new XmlError(error instanceof Error ? error.message : String(error));
  }
}

function elementsOf(nodes: readonly Node[]): Pick<XmlElement, 'text' | 'children'> {
  let text = '';
  const children: XmlElement[] = [];
  for (const node of nodes) {
    const name = Object.keys(node)[0] ?? '';
    const value = node[name];
    if (name === '#text') text += decoded(String(value));
    else if (name === '#cdata') text += (value as Node[]).map((part) => String(part['#text'])).join('');
    else children.push({ name, ...elementsOf(value as Node[]) });
  }
  return { text: text.trim(), children };
}

const PREDEFINED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const LAST_CODE_POINT = 0x10ffff;

/** The five entities that XML itself defines, and characters by number. Throws an `XmlError` for any other. */
function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (reference, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    const character = name
      ? PREDEFINED[name]
      : code <= LAST_CODE_POINT
        ? String.fromCodePoint(code)
        : undefined;
    if (character === undefined) throw new XmlError(`unknown entity ${reference}`);
    return character;
  });
}

/** The elements at the end of a path, such as `packages`, `package`; none where it does not lead anywhere. */
export function elementsAt(element: XmlElement, ...path: string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [element],
  );
}

/** The text of the first element at the end of a path; null where there is none or it is empty. */
export function textAt(element: XmlElement, ...path: string[]): string | null {
  return elementsAt(element, ...path)[0]?.text || null;
}

/** A whole document. Characters that XML 1.0 cannot carry are left out. */
export function formatXml(root: string, content: XmlContent): string {
  return `<?xml version="1.0" encoding="utf-8"?>${written(root, content)}`;
}

function written(name: string, content: XmlContent | readonly XmlContent[]): string {
  if (content === null) return '';
  if (isList(content)) return content.map((one) => written(name, one)).join('');
  const inner =
    typeof content === 'object'
      ? Object.entries(content)
          .map(([child, value]) => written(child, value))
          .join('')
      : escaped(String(content));
  return `<${name}>${inner}</${name}>`;
}

const isList = (content: XmlContent | readonly XmlContent[]): content is readonly XmlContent[] =>
  Array.isArray(content);

function escaped(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- they are what is left out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
  );
}
