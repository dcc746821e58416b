/**
 * Business time is a parameter. `Date.now()` is caught by `no-restricted-properties`; this catches the two other ways
 * to read the clock: `new Date()` without arguments and `Date()`.
 */
const noClock = {
  create(context) {
    const check = (node) => {
      const readsClock = node.type === 'CallExpression' || node.arguments.length === 0;
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && readsClock)
        context.report({
          node,
          message: 'This reads the clock. Take the time as a parameter (`at`, `now`).',
        });
    };
    return { NewExpression: check, CallExpression: check };
  },
};

export default { meta: { name: 'clock' }, rules: { 'no-clock': noClock } };
