/** Token endpoint grant with `phone` and `code`. */
export const PHONE_CODE_GRANT = 'urn:dingdan:params:oauth:grant-type:phone-code';
/** Token endpoint grant with the `ticket` of a WeChat or QQ login. */
export const SOCIAL_GRANT = 'urn:dingdan:params:oauth:grant-type:social';
