import { Refusal } from '../shared/control.ts';

/** What Kuaidi100 says with a code. A query and a subscription share the numbers, not all meanings. */
const SENTENCES: Readonly<Record<string, string>> = {
  '400': '提交的数据不完整，或者贵公司没授权',
  '408': '快递公司参数异常：验证码错误',
  '500': '服务器错误',
  '501': '重复订阅',
  '503': '验证签名失败',
  '600': '您不是合法的订阅者（即授权Key出错）',
  '601': 'POLL:KEY已过期',
  '700': '订阅方的订阅数据存在错误',
  '701': '拒绝订阅的快递公司',
  '702': 'POLL:识别不到该单号对应的快递公司',
  '-1': '服务器错误',
  '30001': '参数错误',
  '30002': '签名错误',
  '30003': '账号错误（key 无效）',
  '30004': '可用单量不足',
  '30009': '订单不存在',
  // The sandbox's own: Kuaidi100 hands on what the carrier says.
  '30020': '快件已揽收，不能取消',
};

export function refused(code: string, detail = ''): Refusal {
  const sentence = SENTENCES[code] ?? '请求失败';
  return new Refusal(code, detail === '' ? sentence : `${sentence}: ${detail}`);
}

/** The answer to a query of a number of which the carrier says nothing. */
export function noResult(): Refusal {
  return new Refusal('500', '查询无结果，请隔段时间再查');
}
