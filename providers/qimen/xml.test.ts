import { describe, expect, it } from 'vitest';
import { elementsAt, formatXml, parseXml, textAt, XmlError } from './xml.ts';

describe('FU-2 Qimen’s XML', () => {
  it('carries any text there and back', () => {
    const text = `<b>"A & B"</b> ]]> &amp; 中文 😀 'x'`;
    expect(textAt(parseXml(formatXml('request', { remark: text })), 'remark')).toBe(text);
  });

  it('writes lists as repeated elements, leaves out null and what XML cannot carry', () => {
    expect(formatXml('r', { a: [1, 2], b: null, c: { d: 'x\u0000\u000by' }, e: [] })).toBe(
      '<?xml version="1.0" encoding="utf-8"?><r><a>1</a><a>2</a><c><d>xy</d></c></r>',
    );
  });

  it('reads numbers as text, CDATA as it stands, one element as a list of one', () => {
    const root = parseXml('<r><n>007</n><t>a&lt;<![CDATA[&amp;<b>]]>&#20013;&#x4e2D;</t><e/></r>');
    expect(textAt(root, 'n')).toBe('007');
    expect(textAt(root, 't')).toBe('a<&amp;<b>中中');
    expect(textAt(root, 'e')).toBeNull();
    expect(textAt(root, 'missing', 'path')).toBeNull();
    expect(elementsAt(root, 'n')).toHaveLength(1);
    expect(elementsAt(root, 'n', 'x')).toEqual([]);
  });

  it.each([
    ['an external entity', '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>'],
    ['a document type', '<!doctype r><r/>'],
    ['entities that multiply', '<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><r>&b;</r>'],
    ['an entity of nobody', '<r>&x;</r>'],
    ['a character beyond Unicode', '<r>&#1114112;</r>'],
    ['an element that does not end', '<r><a></r>'],
    ['two roots', '<r/><r/>'],
    ['no element', 'success'],
    ['nothing', ''],
    ['JSON', '{"flag":"success"}'],
    ['a depth without end', `${'<a>'.repeat(500)}${'</a>'.repeat(500)}`],
    ['a name that is a trap', '<r><__proto__>1</__proto__></r>'],
  ])('refuses %s', (_, text) => {
    expect(() => parseXml(text)).toThrow(XmlError);
  });
});
