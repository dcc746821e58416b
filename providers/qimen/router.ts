import { NeighbourError } from '../neighbour-error.ts';
import { type Failure, failureOf } from './codes.ts';
import { signatureOf } from './sign.ts';
import { formatBeijing } from './times.ts';
import { formatXml, parseXml, textAt, type XmlContent, type XmlElement } from './xml.ts';

/** What is shared with the warehouse's side. The first secret signs, any of them verifies: that is a rotation. */
export interface QimenKeys {
  appKey: string;
  customerId: string;
  secrets: readonly string[];
}

/** The answer to the question asked: done, or the warehouse's word why not. */
export type Answer =
  | { flag: 'success'; response: XmlElement }
  | {
      flag: 'failure';
      code: string;
      message: string;
      failure: Exclude<Failure, 'unanswered' | 'misconfigured'>;
    };

/**
 * One call of Qimen's router, signed now. Throws a `NeighbourError`, retryable after silence and after whatever is not
 * an answer in Qimen's format: the result is unknown then.
 */
export type Router = (method: string, request: XmlContent) => Promise<Answer>;

export function createRouter(config: { gateway: string; keys: () => QimenKeys; timeoutMs: number }): Router {
  return async (method, request) => {
    const body = formatXml('request', request);
    const response = await post(method, addressOf(config.gateway, config.keys(), method, body), body, config);
    const flag = textAt(response, 'flag');
    if (flag === 'success') return { flag, response };
    if (flag !== 'failure') throw unreadable(method, `flag is ${flag}`);
    const code = textAt(response, 'code') ?? '';
    const message = textAt(response, 'message') ?? '';
    const failure = failureOf(code, message);
    if (failure === 'unanswered' || failure === 'misconfigured')
      throw failed(method, code, message, failure === 'unanswered');
    return { flag, code, message, failure };
  };
}

function addressOf(
  gateway: string,
  { appKey, customerId, secrets }: QimenKeys,
  method: string,
  body: string,
) {
  const [secret] = secrets;
  if (secret === undefined) throw failed(method, 'unusable_keys', 'no secret to sign with', true);
  const address = new URL(gateway);
  const query = address.searchParams;
  query.set('method', method);
  query.set('timestamp', formatBeijing(new Date()));
  query.set('format', 'xml');
  query.set('app_key', appKey);
  query.set('v', '2.0');
  query.set('sign_method', 'md5');
  query.set('customerId', customerId);
  query.set('sign', signatureOf(query, body, secret));
  return address;
}

async function post(
  method: string,
  address: URL,
  body: string,
  { timeoutMs }: { timeoutMs: number },
): Promise<XmlElement> {
  let answer: { status: number; text: string };
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'text/xml;charset=utf-8' },
      body,
      // A redirect would carry the signed request elsewhere.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    answer = { status: response.status, text: await response.text() };
  } catch (error) {
    throw failed(method, 'network', error instanceof Error ? error.message : String(error), true);
  }
  if (answer.status !== 200) throw unreadable(method, `HTTP ${answer.status}`);
  try {
    const root = parseXml(answer.text);
    if (root.name === 'response') return root;
  } catch (error) {
    throw unreadable(method, String(error));
  }
  throw unreadable(method, 'no response element');
}

/** The error of a failure that answers nothing. */
export function failed(method: string, code: string, message: string, retryable: boolean): NeighbourError {
  return new NeighbourError({
    neighbour: 'qimen',
    code,
    message: `${method}: ${code} ${message}`.trim(),
    retryable,
  });
}

/** The error of an answer that does not answer what was asked: the result is unknown. */
export function unreadable(method: string, problem: string): NeighbourError {
  return failed(method, 'unverified_answer', problem, true);
}
