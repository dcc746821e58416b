import { Refusal } from '../shared/control.ts';

/** HTTP statuses of WeChat Pay's codes; any other code comes with 400. */
const STATUSES: Record<string, 401 | 403 | 404 | 429 | 500> = {
  SIGN_ERROR: 401,
  ACCOUNT_ERROR: 403,
  NOT_ENOUGH: 403,
  NO_AUTH: 403,
  OUT_TRADE_NO_USED: 403,
  RULE_LIMIT: 403,
  TRADE_ERROR: 403,
  USER_ACCOUNT_ABNORMAL: 403,
  ORDER_NOT_EXIST: 404,
  RESOURCE_NOT_EXISTS: 404,
  FREQUENCY_LIMITED: 429,
  BANK_ERROR: 500,
  SYSTEM_ERROR: 500,
};

export function statusOf({ code }: Refusal): 400 | 401 | 403 | 404 | 429 | 500 {
  return STATUSES[code] ?? 400;
}

/** What is wrong with a request's parameters. */
export function wrongParameter(problem: string): Refusal {
  return new Refusal('PARAM_ERROR', `参数错误: ${problem}`);
}
