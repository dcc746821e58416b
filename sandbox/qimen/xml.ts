import { XMLParser } from 'fast-xml-parser';

/** XML as plain objects: an element is its text, or its children by name; those that form lists are arrays. */
export type Xml = string | { [name: string]: Xml | Xml[] };
/** What is written; undefined and null are left out. */
export type Written = string | number | null | undefined | { [name: string]: Written | readonly Written[] };

/** Elements that repeat, and are lists when they come once too. */
const LISTS = new Set(['orderLine', 'package', 'item']);

const parser = new XMLParser({
  preserveOrder: true,
  processEntities: false,
  parseTagValue: false,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  trimValues: false,
  cdataPropName: '#cdata',
});

type Node = Record<string, Node[] | string>;

/** The content of a document's root. Throws an Error for another root, a document type, and what is not well-formed. */
export function readXml(text: string, root: string): Xml {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw new Error('document types are not accepted');
  const nodes = parser.parse(text, true) as Node[];
  const content = nodes.length === 1 ? nodes[0]?.[root] : undefined;
  if (!Array.isArray(content)) throw new Error(`the root must be ${root}`);
  return contentOf(content);
}

function contentOf(nodes: readonly Node[]): Xml {
  const children: { [name: string]: Xml | Xml[] } = {};
  let text = '';
  for (const [name, value] of nodes.flatMap((node) => Object.entries(node).slice(0, 1))) {
    if (name === '#text') text += unescaped(String(value));
    else if (name === '#cdata') text += (value as Node[]).map((part) => String(part['#text'])).join('');
    else {
      const child = contentOf(value as Node[]);
      const earlier = children[name];
      if (LISTS.has(name)) children[name] = Array.isArray(earlier) ? [...earlier, child] : [child];
      else if (earlier === undefined) children[name] = child;
      else throw new Error(`${name} comes twice`);
    }
  }
  return Object.keys(children).length > 0 ? children : text.trim();
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(#?\w+);/g, (reference, name: string) => {
    const numeric = /^#(?:x([\da-f]+)|(\d+))$/i.exec(name);
    if (numeric)
      return String.fromCodePoint(numeric[1] ? Number.parseInt(numeric[1], 16) : Number(numeric[2]));
    const character = ENTITIES[name];
    if (character === undefined) throw new Error(`unknown entity ${reference}`);
    return character;
  });
}

export function writeXml(root: string, content: Written): string {
  return `<?xml version="1.0" encoding="utf-8"?>${element(root, content)}`;
}

function element(name: string, content: Written | readonly Written[]): string {
  if (content === null || content === undefined) return '';
  if (Array.isArray(content)) return content.map((one: Written) => element(name, one)).join('');
  const inner =
    typeof content === 'object'
      ? Object.entries(content)
          .map(([child, value]) => element(child, value))
          .join('')
      : String(content).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<${name}>${inner}</${name}>`;
}
