import { describe, expect, it } from 'vitest';
import { stateOfCode } from './states.ts';
import { troubleOf } from './trouble.ts';

const trouble = (code: string, text = '') => troubleOf(code, stateOfCode(code) ?? 'in_transit', text);

describe('LG-2 the trouble of a code', () => {
  it.each([
    ['201', 'failed_delivery'],
    ['204', 'failed_delivery'],
    ['205', 'failed_delivery'],
    ['206', 'failed_delivery'],
    ['207', 'wrong_address'],
    ['209', 'damaged'],
  ])('%s is %s', (code, expected) => expect(trouble(code)).toBe(expected));

  it.each([
    '0',
    '1001',
    '103',
    '2',
    '202',
    '203',
    '208',
    '210',
    '301',
    '302',
    '4',
    '5',
    '501',
    '6',
    '7',
    '13',
    '14',
  ])('%s is none', (code) => expect(trouble(code)).toBeNull());
});

describe('LG-2 the trouble of a carrier’s words', () => {
  it.each([
    ['快件外包装破损，已登记', 'damaged'],
    ['包裹内物损坏', 'damaged'],
    ['快件在运输途中丢失', 'lost'],
    ['快件遗失，已登记查找', 'lost'],
    ['地址不详，无法派送', 'wrong_address'],
    ['收件地址有误，请联系发件人', 'wrong_address'],
    ['地址超区，转其他快递', 'wrong_address'],
    ['查无此人', 'wrong_address'],
    ['家中无人，改约明日', 'failed_delivery'],
    ['电话无人接听', 'failed_delivery'],
    ['联系不上收件人', 'failed_delivery'],
    ['未联系上收件人', 'failed_delivery'],
    ['派送失败，将再次派送', 'failed_delivery'],
    ['派件不成功：客户要求改日派送', 'failed_delivery'],
    ['派送失败：外包装破损', 'damaged'],
    ['派送失败，查明为地址不详', 'wrong_address'],
  ])('%s is %s', (text, expected) => expect(trouble('2', text)).toBe(expected));

  it.each([
    '快件已到达武汉转运中心',
    '外包装完好，无破损',
    '开箱检查，未破损',
    '包裹未见破损',
    '请当面验收，如有破损、丢失请及时联系',
    '贵重物品请保价，以免丢失',
    '若联系不上快递员，请致电客服',
    '由无人机配送至营业点',
    '已放入无人柜',
    '请核对是否地址有误',
  ])('%s is none', (text) => expect(trouble('0', text)).toBeNull());

  it.each([
    ['204', '地址不详', 'wrong_address'],
    ['206', '快件丢失', 'lost'],
    ['5', '派送失败', 'failed_delivery'],
    ['14', '外包装破损，收件人拒收', 'damaged'],
    ['6', '快件破损，退回', 'damaged'],
    ['7', '超区，转投', 'wrong_address'],
  ])('and they are more exact than the code %s: %s is %s', (code, text, expected) =>
    expect(trouble(code, text)).toBe(expected),
  );

  it.each(['1', '3', '302', '4', '8'])('none with %s: the parcel is not on its way', (code) =>
    expect(trouble(code, '外包装破损')).toBeNull(),
  );
});
