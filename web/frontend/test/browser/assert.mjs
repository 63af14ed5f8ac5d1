// Stands in for node:assert/strict in a browser: the few assertions that the tests use.

const shown = (value) => JSON.stringify(value, (_, item) => (typeof item === "bigint" ? `${item}n` : item));

function ok(value, message = "is not true") {
  if (!value) throw new Error(message);
}

export default {
  ok,
  equal: (actual, expected) => ok(Object.is(actual, expected), `${shown(actual)} is not ${shown(expected)}`),
  deepEqual: (actual, expected) => ok(shown(actual) === shown(expected), `${shown(actual)} is not ${shown(expected)}`),
  throws(act, check, message = "") {
    let thrown = null;
    try {
      act();
    } catch (error) {
      thrown = error;
    }
    ok(thrown !== null, `nothing was thrown ${message}`);
    ok(check(thrown), `another error: ${thrown.message}`);
  },
};
